import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { isObject, processEventMapping, type Collector, type Mapping, type WalkerOS } from '@walkeros/core';
import { reasonOf } from '../../model/errors.ts';
import { entriesOf, isNamed, jsonIn } from '../../model/foreign.ts';
import type { DestinationConfig } from '../flow/destination.ts';

export interface NamedEvent {
  /** `example "refund"`, or `events.ndjson:3`. */
  readonly from: string;
  /** Undefined: what stands there is no JSON. */
  readonly event: unknown;
}

/** The step examples of a destination. Those that give a command of walkerOS are no events. */
export function exampleEvents(examples: unknown): NamedEvent[] {
  return entriesOf(examples).flatMap(([name, example]) =>
    isNamed(example) && example['command'] === undefined && example['in'] !== undefined
      ? [{ from: `example "${name}"`, event: example['in'] }]
      : [],
  );
}

/** One event a line; empty lines count, and are left out. @throws Error where the file cannot be read */
export async function* eventsOfFile(path: string): AsyncGenerator<NamedEvent, void, undefined> {
  const lines = createInterface({ input: createReadStream(path), crlfDelay: Infinity });
  let number = 0;
  for await (const line of lines) {
    number += 1;
    if (line.trim() !== '') yield { from: `${path}:${number}`, event: jsonIn(line) };
  }
}

/** An event as the collector hands it to the destination. */
export interface MappedEvent {
  readonly name: string;
  readonly event: WalkerOS.Event;
  /** The stand-in that mapped it. */
  readonly collector: Collector.Instance;
  /** What stands as the value of its record. */
  readonly value: object;
  readonly settings: unknown;
  /** A mapping rule keeps it from the destination. */
  readonly ignored: boolean;
}

/** Maps an event by walkerOS's own code. A fault: the event or its mapping is wrong. */
export async function mapEvent(
  given: unknown,
  { mapping, data, policy, include }: DestinationConfig,
): Promise<MappedEvent | { readonly name: string; readonly fault: string }> {
  if (!isNamed(given)) return { name: '?', fault: 'is no JSON object' };
  const { name } = given;
  if (typeof name !== 'string') return { name: '?', fault: 'has no name' };
  const faults: string[] = [];
  const fail = (message: unknown, context: unknown): void => {
    faults.push(`${String(message)}: ${reasonOf(isNamed(context) ? context['error'] : context)}`);
  };
  const silent = (): void => undefined;
  // All that the mapping of walkerOS asks of a collector.
  const collector = {
    status: { failed: 0 },
    consent: {},
    logger: { error: fail, warn: silent, info: silent, debug: silent },
  } as unknown as Collector.Instance;
  const config = { mapping, data, policy, include } as Mapping.Config;
  try {
    const mapped = await processEventMapping(completed(given, name), config, collector);
    if (faults[0] !== undefined) return { name, fault: faults[0] };
    const value = isObject(mapped.data) ? mapped.data : mapped.event;
    const { event, mapping: rule, ignore } = mapped;
    return { name: event.name, event, collector, value, settings: rule?.settings, ignored: ignore };
  } catch (thrown) {
    return { name, fault: reasonOf(thrown) };
  }
}

/** Examples are often no more than a name and data: the collector adds the rest. */
function completed(given: Readonly<Record<string, unknown>>, name: string): WalkerOS.Event {
  const [entity = '', action = ''] = name.split(' ');
  const empty = { data: {}, context: {}, globals: {}, custom: {}, user: {}, nested: [], consent: {} };
  const source = { type: 'check', schema: '4', version: '0', count: 1, trace: '0'.repeat(32) };
  const identity = { id: '0'.repeat(16), trigger: '', entity, action, timestamp: Date.now(), timing: 0 };
  return { ...empty, ...identity, source, ...given, name };
}
