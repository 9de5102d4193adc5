import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { host } from '../port.ts';
import { type Answer, Refusal, send } from '../source-http/answer.ts';
import type { WholeRecord } from '../live/message.ts';
import { act, type Action, addressOf, fileOf, refuseForeignHost } from './route.ts';
import type { EventStreams } from './sse.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface ServerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Serves the page and takes events. */
  readonly flow: Handler;
  readonly views: EventStreams;
  /** Tells a view that has just come where things stand. */
  readonly greet: (view: ServerResponse) => void;
  readonly find: (place: { topic: string; partition: number; offset: number }) => WholeRecord | undefined;
  readonly actions: Readonly<Record<string, Action>>;
}

export interface DemoServer {
  /** Such as http://127.0.0.1:8080. */
  readonly origin: string;
  close(): Promise<void>;
}

/** Nothing but this origin, neither for code nor for data; scripts only from files. */
const policy =
  "default-src 'self'; img-src 'self' data:; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'";

/** One origin for everything: shop, tag, events, live view. */
export async function startServer(options: ServerOptions): Promise<DemoServer> {
  const server = createServer((request, response) => void handle(request, response));

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('content-security-policy', policy);
    response.setHeader('referrer-policy', 'same-origin');
    const answered = await answer(request, response);
    if (answered !== undefined) await send(response, answered, true);
  }

  /** Undefined where the answer is another's work: that of the views, or of the flow. */
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<Answer | undefined> {
    try {
      const url = addressOf(request);
      const { pathname } = url;
      const isStream = pathname === '/live/stream' && request.method === 'GET';
      if (!isStream && pathname !== '/live/record' && !pathname.startsWith('/do/')) {
        request.url = fileOf(pathname) + url.search;
        options.flow(request, response);
        return undefined;
      }
      refuseForeignHost(request);
      if (pathname === '/live/record') return recordAt(url, options.find);
      if (!isStream) return await act(request, url, options.actions);
      options.views.add(request, response);
      options.greet(response);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof Refusal) return thrown.answer();
      return {
        status: 500,
        body: { ok: false, error: thrown instanceof Error ? thrown.message : 'it failed' },
      };
    }
  }

  server.listen(options.port, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${host}:${port}`,
    async close() {
      options.views.end();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function recordAt({ searchParams }: URL, find: ServerOptions['find']): Answer {
  const number = (name: string): number => Number(searchParams.get(name) ?? NaN);
  const place = {
    topic: searchParams.get('topic') ?? '',
    partition: number('partition'),
    offset: number('offset'),
  };
  const record = find(place);
  if (!record) {
    const reason = 'the demo does not keep this record any more; it is still in Kafka';
    return { status: 404, body: { ok: false, error: reason } };
  }
  return { status: 200, headers: { 'cache-control': 'no-store' }, body: { ok: true, record } };
}
