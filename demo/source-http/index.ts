import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { FatalError, type Source } from '@walkeros/core';
import { type Answer, Refusal, send } from './answer.ts';
import { deliver } from './deliver.ts';
import { readEvents } from './events.ts';
import { findFile } from './files.ts';
import { foreignOrigin } from './same-origin.ts';
import { type InitSettings, resolveSettings, type Settings } from './settings.ts';

export type { InitSettings, Settings } from './settings.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
type Types = Source.Types<Settings, unknown, Handler, Source.BaseEnv, InitSettings>;

export interface HttpSource extends Source.Instance<Types> {
  /** Mounted by hosts that listen themselves, such as `walkeros run`. */
  readonly httpHandler: Handler;
  /** Where the source listens, such as http://127.0.0.1:8080; undefined when it has no server of its own. */
  readonly origin: string | undefined;
}

/** The collector gives a source 5 s to end: what is in flight gets four of them. */
const drainTime = 4000;

/**
 * HTTP source for walkerOS flows on node:http alone. `POST /collect` takes one event, an array, or `{ batch: [...] }`
 * and is answered after delivery (see deliver.ts); `GET /health` says whether the source takes events.
 */
export function sourceHttp(context: Source.Context<Types>): HttpSource {
  const settings = resolveSettings(context.config.settings ?? {});
  const active = new Set<Promise<void>>();
  let server: Server | undefined;
  let closing = false;

  const httpHandler: Handler = (request, response) => {
    const work = handle(request, response);
    active.add(work);
    void work.finally(() => active.delete(work));
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let answer: Answer;
    try {
      answer = await route(request);
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) context.logger.error('HTTP source failed', { error: thrown });
      const unexpected = {
        status: 500,
        body: { ok: false, error: 'internal error, see the log of the flow' },
      };
      answer = thrown instanceof Refusal ? thrown.answer() : unexpected;
    }
    const headers = {
      ...answer.headers,
      ...(settings.cors && { 'access-control-allow-origin': '*' }),
      ...(closing && { connection: 'close' }),
    };
    await send(response, { ...answer, headers }, request.method !== 'HEAD');
  }

  async function route(request: IncomingMessage): Promise<Answer> {
    const method = request.method ?? 'GET';
    const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
    const reading = method === 'GET' || method === 'HEAD';
    if (path === settings.path) {
      if (method === 'POST') return collect(request, path);
      if (method === 'OPTIONS' && settings.cors) return preflight();
      throw notAllowed(method, settings.cors ? 'POST, OPTIONS' : 'POST');
    }
    if (path === '/health') {
      if (!reading) throw notAllowed(method, 'GET, HEAD');
      return { status: closing ? 503 : 200, body: { ok: !closing } };
    }
    const file = settings.static === undefined ? undefined : await findFile(settings.static, path);
    if (!file) throw new Refusal(404, `nothing is at ${path}: events are posted to ${settings.path}`);
    if (!reading) throw notAllowed(method, 'GET, HEAD');
    return file;
  }

  async function collect(request: IncomingMessage, path: string): Promise<Answer> {
    if (closing)
      throw new Refusal(503, 'the flow is shutting down: send the events again', { 'retry-after': '1' });
    const stranger = settings.cors ? undefined : foreignOrigin(request);
    if (stranger !== undefined) {
      throw new Refusal(403, `events of pages of ${stranger} are not taken here: set "cors" to take them`);
    }
    const events = await readEvents(request, settings.maxBodyBytes);
    const { headers, socket } = request;
    const scope = {
      method: 'POST',
      path,
      headers,
      ip: socket.remoteAddress,
      userAgent: headers['user-agent'],
    };
    return context.withScope(scope, undefined, (env) => deliver(context.collector, env.push, events));
  }

  async function listen(port: number): Promise<void> {
    const opened = createServer(httpHandler);
    server = opened;
    await new Promise<void>((resolve, reject) => {
      opened.once('error', (error) => {
        reject(new FatalError(`HTTP source: cannot listen on ${settings.host}:${port}: ${error.message}`));
      });
      opened.listen(port, settings.host, resolve);
    });
    context.logger.info(`listening on ${originOf(opened) ?? ''}`);
  }

  return {
    type: 'http',
    config: { ...context.config, settings },
    push: httpHandler,
    httpHandler,
    get origin() {
      return server && originOf(server);
    },
    init: async () => {
      if (settings.port !== undefined) await listen(settings.port);
    },
    destroy: async () => {
      closing = true;
      const ended = new Promise((resolve) =>
        server?.listening ? server.close(resolve) : resolve(undefined),
      );
      await atMost(drainTime, Promise.allSettled(active));
      server?.closeAllConnections();
      await ended;
    },
  };
}

export default sourceHttp;

function preflight(): Answer {
  return {
    status: 204,
    headers: {
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'content-type',
      'access-control-max-age': '86400',
    },
  };
}

function notAllowed(method: string, allow: string): Refusal {
  return new Refusal(405, `${method} is not allowed here: use ${allow}`, { allow });
}

function originOf(server: Server): string | undefined {
  const address = server.address() as AddressInfo | null;
  if (!address) return undefined;
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}

async function atMost(milliseconds: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
