import { resolveSetup } from '../../../src/config/resolve-setup.ts';
import { resolveOptions } from '../../../src/config/resolve.ts';
import { filledSettings } from './filled-settings.ts';

type Json = Readonly<Record<string, unknown>>;

/** Of a page that shows only a part of the settings. */
const kafka = { brokers: ['kafka1:9092'], topic: 'walkeros-events' };

/**
 * What is wrong with a piece of configuration, by the rules that a flow meets at its start: a whole flow.json, the `config` of a
 * destination, its `settings`, or some lines of one of these, with or without the braces around.
 * @returns nothing when all is well; undefined when it is no configuration of ours
 */
export function problemsOf(text: string): string[] | undefined {
  const value = parse(text);
  const config = value && configOf(value);
  if (config === undefined) return undefined;
  const { mapping, setup, timeout } = config;
  try {
    const { options, warnings } = resolveOptions(filledSettings({ kafka, ...object(config.settings) }), {
      environment: {},
      mapping: filledSettings(mapping),
      timeout,
    });
    return [...warnings, ...(resolveSetup(setup, options, { id: 'kafka', mapping })?.warnings ?? [])];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function configOf(value: Json): Json | undefined {
  const has = (...names: string[]): boolean => names.some((name) => name in value);
  if (has('flows')) return configOf(object(Object.values(object(value.flows))[0]));
  if (has('destinations')) {
    const ours = Object.values(object(value.destinations)).find(isOurs);
    return ours === undefined ? undefined : object(object(ours).config);
  }
  if (has('settings', 'setup', 'mapping')) return value;
  if (has('kafka', 'value', 'deadLetter', 'spool', 'telemetry')) return { settings: value };
  return undefined;
}

/** Parts of a flow need not name the package. */
function isOurs(destination: unknown): boolean {
  const { package: name = 'walkeros-destination-kafka', config } = object(destination);
  return name === 'walkeros-destination-kafka' && config !== undefined;
}

function parse(text: string): Json | undefined {
  for (const whole of [text, `{${text}}`]) {
    try {
      return object(JSON.parse(whole));
    } catch {
      // Lines from the middle of an object; then with braces, or no JSON at all.
    }
  }
  return undefined;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const object = (value: unknown): Json => (isObject(value) ? value : {});
