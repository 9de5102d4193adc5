import { findDestination, type FlowDestination } from './destination.ts';
import { readFlowFile } from './flow-file.ts';
import type { Login } from './login.ts';
import type { Environment, Unset } from './references.ts';
import type { Arguments, Option } from '../arguments.ts';
import type { Terminal } from '../terminal.ts';
import {
  declaredPrefixes,
  declaredTopics,
  valueRegistries,
  type NamedRegistry,
} from '../../config/mapping.ts';
import { setupRegistry, setupTopics } from '../../config/resolve-setup.ts';
import { resolveOptions, type Options } from '../../config/resolve.ts';
import { KafkaError } from '../../model/errors.ts';

/** A destination of a flow file, as the commands work with it. */
export interface Configured {
  /** As the user named it, for the commands that messages name. */
  readonly path: string;
  readonly id: string;
  readonly options: Options;
  readonly mapping: unknown;
  /** Every topic that the file writes events to: of the settings, the mapping rules and `config.setup`. */
  readonly topics: ReadonlySet<string>;
  /** It also writes to topics whose names begin so. */
  readonly prefixes: readonly string[];
  /** Of the values; if those need none, the one of `config.setup`, if any. */
  readonly registries: readonly NamedRegistry[];
}

export const destinationOption: Option = { value: '<id>', help: 'Which destination of the flow.' };

/** What names a destination on the command line. */
export interface FlowRequest {
  /** Of the flow file. */
  readonly path: string;
  /** Its id, or `<flow>.<id>`; undefined: the only one of this package. */
  readonly destination: string | undefined;
  readonly environment: Environment;
  readonly login: Login | undefined;
  /** Takes a line beside the result. */
  readonly note: (line: string) => void;
}

export function flowRequest(
  words: Arguments,
  terminal: Terminal,
  login: Login | undefined,
  path = words.at(0),
): FlowRequest {
  return {
    path,
    destination: words.text('destination'),
    environment: terminal.environment,
    login,
    note: (line) => terminal.note(line),
  };
}

/** @throws KafkaError FLOW_INVALID or SETTINGS_INVALID */
export async function configuredDestination(request: FlowRequest): Promise<Configured> {
  const { path, destination, environment, login } = request;
  const found = findDestination(await readFlowFile(path), destination, environment, login);
  const { id, config } = found;
  const options = optionsOf(found, request);
  const ofValues = valueRegistries(options, config.mapping);
  // Only `walkeros setup` needs all of `config.setup`, and says what is wrong with it.
  const facts = setupRegistry(config.setup);
  const ofSetup = facts && { facts, uses: [] };
  const registries = ofValues.length > 0 || !ofSetup ? ofValues : [ofSetup];
  const topics = topicsOf(options, config.mapping, config.setup);
  const prefixes = declaredPrefixes(options, config.mapping);
  return { path, id, options, mapping: config.mapping, topics, prefixes, registries };
}

/**
 * Of the settings, as far as a command reads them. A variable that is not set leaves "undefined" in a longer text, and the command would
 * look for that: it is told.
 * @throws KafkaError SETTINGS_INVALID
 */
export function optionsOf(
  { config: { settings, mapping }, unset }: FlowDestination,
  { path, environment, note }: Pick<FlowRequest, 'path' | 'environment' | 'note'>,
): Options {
  const told = unset
    .filter(({ path: at }) => /^(settings|mapping)\b/.test(at))
    .map((one) => `${path}: ${unsetText(one)}`);
  try {
    const { options } = resolveOptions(settings, { mapping, environment });
    told.forEach(note);
    return options;
  } catch (thrown) {
    if (!(thrown instanceof KafkaError) || told.length === 0) throw thrown;
    throw new KafkaError(thrown.code, [...thrown.message.split('\n'), ...told], { cause: thrown });
  }
}

export const unsetText = ({ path, variable }: Unset): string =>
  `${path} takes the environment variable ${variable}, which is not set here.`;

function topicsOf(options: Options, mapping: unknown, setup: unknown): ReadonlySet<string> {
  const declared = declaredTopics(options, mapping).map(({ topic }) => topic);
  const topics = new Set([...declared, ...setupTopics(setup)]);
  // Setup creates this one, too, and nothing is re-sent to it.
  if (options.deadLetter) topics.delete(options.deadLetter.topic);
  return topics;
}

/** A cluster that is named without a flow. Without a login it asks for none. @throws KafkaError SETTINGS_INVALID */
export function plainConnection(
  brokers: readonly string[],
  topic: string,
  login: Login | undefined,
): Options['connection'] {
  return resolveOptions({ kafka: { ...login?.kafka, brokers, topic } }).options.connection;
}

/** A registry that asks for no login. @throws KafkaError SETTINGS_INVALID */
export function plainRegistry(url: string): readonly NamedRegistry[] {
  // Required, and never used.
  const kafka = { brokers: ['localhost:9092'], topic: 'any' };
  const { options } = resolveOptions({ kafka, value: { format: 'json-schema', registry: { url } } });
  return valueRegistries(options, undefined).map(({ facts }) => ({
    facts: { ...facts, setting: '--registry' },
    uses: [],
  }));
}
