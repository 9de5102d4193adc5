import type { Options } from '../../config/options.ts';
import { ruleSettingsSchema } from '../../config/schema.ts';
import { kafkaErrorOf } from '../../model/errors.ts';
import { within } from '../../model/foreign.ts';
import { pathKey } from '../../record/build.ts';
import { unresolvedRecord } from '../../record/resolve.ts';
import { recordShapes } from '../../record/shape.ts';
import type { FlowDestination } from '../flow/destination.ts';
import { exampleEvents, mapEvent } from '../schema/events.ts';
import { warning, type Verdict } from './report.ts';

/** Of the mapping values of one example. Milliseconds. */
const resolveTimeout = 2_000;

/** Tries key, headers and topic on the step examples of the destination: what is found in none of them is most often misspelt. */
export async function triedExamples(
  { examples, config }: Pick<FlowDestination, 'examples' | 'config'>,
  options: Pick<Options, 'topic' | 'key' | 'headers'>,
  fix: string,
): Promise<Verdict[]> {
  const shapeOf = recordShapes(options);
  const failures: string[] = [];
  /** The examples in which a setting finds no key, and their event's name in place of it. */
  const keyless = new Map<string, string[]>();
  for (const { from, event: given } of exampleEvents(examples)) {
    const mapped = await mapEvent(given, config);
    if ('fault' in mapped || mapped.ignored) continue;
    const { event, collector } = mapped;
    const shape = shapeOf(ruleSettingsSchema.safeParse(mapped.settings).data);
    try {
      const notify: Parameters<typeof pathKey>[2] = (notice) => {
        if (notice.kind !== 'key-missing') return;
        const all = keyless.get(notice.from) ?? [];
        keyless.set(notice.from, [...all, `${from} ("${notice.used}")`]);
      };
      if (shape.mapped === undefined) {
        pathKey(event, shape, notify);
        continue;
      }
      const context = { collector, notify, prefixed: new Set<string>(), traced: undefined };
      const { resolve } = unresolvedRecord({ event, data: undefined }, 0, shape, context);
      const record = await within(resolveTimeout, resolve?.() ?? Promise.resolve(undefined));
      if (record === undefined)
        failures.push(`${from}: its mapping values gave nothing within ${resolveTimeout} ms.`);
      else if (record.pending?.lastError) failures.push(`${from}: ${record.pending.lastError.message}`);
    } catch (thrown) {
      failures.push(`${from}: ${kafkaErrorOf(thrown).message}`);
    }
  }
  const found = [...keyless].map(
    ([setting, all]) =>
      `${setting} finds no key in ${all.join(', ')}: the name of the event is used instead, and all such events go to one partition.`,
  );
  return [...found, ...failures].map((text) => warning(text, fix));
}
