import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Reply {
  readonly status?: number;
  /** An object is sent as JSON. */
  readonly body?: string | object;
  readonly headers?: Readonly<Record<string, string>>;
  /** Milliseconds before the answer; Infinity: none ever. */
  readonly delay?: number;
  /** The connection is cut instead. */
  readonly cut?: boolean;
}

export interface ScriptedServer {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly asked: Asked[];
  close(): Promise<void>;
}

/** An HTTP server on the loopback that says what the test tells it to. */
export async function scriptedServer(
  answer: (asked: Asked, count: number) => Reply | Promise<Reply>,
): Promise<ScriptedServer> {
  const asked: Asked[] = [];
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const { method = '', url = '', headers } = request;
    const question = { method, path: url, headers, body: Buffer.concat(chunks).toString() };
    asked.push(question);
    const {
      status = 200,
      body = '',
      headers: sent = {},
      delay = 0,
      cut,
    } = await answer(question, asked.length);
    if (cut) return void request.socket.destroy();
    if (delay === Infinity) return;
    if (delay > 0) await new Promise((resolve) => setTimeout(resolve, delay));
    const isText = typeof body === 'string';
    response.writeHead(status, { 'content-type': isText ? 'text/plain' : 'application/json', ...sent });
    response.end(isText ? body : JSON.stringify(body));
  };
  const server = createServer((request, response) => void serve(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
