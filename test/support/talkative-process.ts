import { subscribe } from 'node:diagnostics_channel';
import { inspect } from 'node:util';
import type { Settings, Setup } from '../../src/types.ts';
import { reasonOf } from '../../src/model/errors.ts';
import { event, runFlow } from './flow.ts';
import { installSdk } from './otel.ts';
import { runSetup } from './setup.ts';

/**
 * A process that fails in every way it is told to, and prints all that it can about each failure: logs at debug level,
 * the error in every form, Node's warnings, what a tracer and a meter got, and at last the output of a crash.
 *
 *     node talkative-process.ts < scenarios.json
 */
export interface Scenario {
  readonly settings: unknown;
  readonly setup?: unknown;
  /** A function of this name that answers with this password, or fails with it at hand: JSON has no functions. */
  readonly provider?: { readonly name: 'credentials' | 'oauthBearerProvider'; readonly secret: string };
}

const sdk = installSdk();
if (process.env.TALK_OF_CHANNELS !== undefined) listenIn();
process.on('warning', (warning) => show('warning', warning));
const chunks: Buffer[] = [];
for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
const scenarios = JSON.parse(Buffer.concat(chunks).toString()) as Scenario[];
const failures: unknown[] = [];

for (const scenario of scenarios) {
  const settings = withProvider(scenario);
  const failed =
    scenario.setup === undefined
      ? await push(settings)
      : (await runSetup(settings, scenario.setup as Setup)).result;
  if (!(failed instanceof Error)) throw new Error(`did not fail: ${JSON.stringify(Object.keys(scenario))}`);
  failures.push(failed);
  show('failure', failed);
}
const metrics = await sdk.collect();
console.log(inspect({ metrics, spans: sdk.spans() }, { depth: 9, maxArrayLength: null }));
console.log(`${failures.length} failures, ${metrics.size} metrics`);
throw new AggregateError(failures, 'the crash');

/** To what the default client tells tracers; they may look at the connection, too. */
function listenIn(): void {
  const tell = (message: unknown, name: string | symbol): void => {
    const { connection } = message as { connection?: { socket?: unknown } };
    console.log(`channel ${String(name)}`, inspect([message, connection?.socket], { depth: 6 }));
  };
  subscribe('plt:kafka:instances', tell);
  for (const name of ['plt:kafka:connections:connects', 'plt:kafka:connections:api']) {
    for (const part of ['start', 'end', 'asyncStart', 'asyncEnd', 'error']) {
      subscribe(`tracing:${name}:${part}`, tell);
    }
  }
}

async function push(settings: Settings): Promise<unknown> {
  const flow = await runFlow(settings);
  const result = await flow
    .push(event())
    .catch((thrown: unknown) => ({ ok: false, failed: undefined, thrown }));
  await flow.stop();
  console.log(flow.log.join('\n'));
  if (result.failed?.kafka !== undefined) return result.failed.kafka.error;
  if ('thrown' in result) return result.thrown;
  // Settings that are refused keep the collector from pushing; setup throws the refusal itself.
  return (await runSetup(settings, { numPartitions: 1, replicationFactor: 1 })).result;
}

function withProvider({ settings, provider }: Scenario): Settings {
  const whole = settings as Settings;
  if (provider === undefined || whole.kafka.sasl === undefined) return whole;
  const { name, secret } = provider;
  const function_ =
    name === 'credentials'
      ? () => Promise.resolve({ username: 'shop', password: secret })
      : () => Promise.reject(Object.assign(new Error('down'), { request: { authorization: secret } }));
  return { ...whole, kafka: { ...whole.kafka, sasl: { ...whole.kafka.sasl, [name]: function_ } } };
}

function show(what: string, error: Error): void {
  console.log(what, error);
  console.error(inspect(error, { depth: Infinity, showHidden: true, getters: true }));
  console.log(JSON.stringify(error), String(error), error.stack, reasonOf(error));
}
