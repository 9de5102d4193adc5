import type { TestContext } from 'node:test';
import type { Collector, Destination, WalkerOS } from '@walkeros/core';
import { startFlow } from '@walkeros/collector';
import { type HttpSource, type InitSettings, sourceHttp } from '../../../../demo/source-http/index.ts';

export interface DemoFlow {
  readonly origin: string;
  /** The events that the destination took, in their order. */
  readonly taken: WalkerOS.Event[];
  readonly collector: Collector.Instance;
  readonly source: HttpSource;
  readonly shutdown: () => Promise<unknown>;
}

export interface DemoFlowOptions {
  readonly settings?: InitSettings;
  readonly destination?: Partial<Destination.Instance>;
  readonly config?: Destination.Config;
  readonly run?: boolean;
}

/** A real collector with the HTTP source on a free port and a destination that keeps what it gets. Ends with the test. */
export async function demoFlow(t: TestContext, options: DemoFlowOptions = {}): Promise<DemoFlow> {
  const taken: WalkerOS.Event[] = [];
  const memory: Destination.Instance = {
    type: 'memory',
    config: {},
    push: (event) => {
      taken.push(event);
    },
    ...options.destination,
  };
  const { collector } = await startFlow({
    run: options.run ?? true,
    sources: { http: { code: sourceHttp, config: { settings: { port: 0, ...options.settings } } } },
    destinations: { memory: { code: memory, config: options.config ?? {} } },
  });
  const shutdown = () => collector.command('shutdown');
  t.after(shutdown);
  const source = collector.sources.http as unknown as HttpSource;
  return { origin: source.origin ?? '', taken, collector, source, shutdown };
}

/** Posts JSON, or a text as it is, and gives status and body. */
export async function post(
  origin: string,
  body: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<{ status: number; body: unknown }> {
  const text = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body);
  const response = await fetch(`${origin}/collect`, { method: 'POST', headers, body: text as string });
  return { status: response.status, body: await response.json() };
}
