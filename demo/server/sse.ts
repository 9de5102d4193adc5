import type { IncomingMessage, ServerResponse } from 'node:http';

/** A view that has not read this many bytes yet is not sent more until it has: it misses ticks, not the server memory. */
const mostUnread = 512 * 1024;

/** Views that listen, each over one long answer (server-sent events). */
export class EventStreams {
  readonly #open = new Set<ServerResponse>();

  get size(): number {
    return this.#open.size;
  }

  /** Takes a request over; the browser comes back by itself when the connection breaks. */
  add(request: IncomingMessage, response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write('retry: 500\n\n');
    this.#open.add(response);
    request.socket.setNoDelay(true);
    response.once('close', () => this.#open.delete(response));
  }

  send(event: string, data: unknown, to: Iterable<ServerResponse> = this.#open): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const response of to) if (response.writableLength < mostUnread) response.write(text);
  }

  end(): void {
    for (const response of this.#open) response.end();
    this.#open.clear();
  }
}
