import { existsSync } from 'node:fs';
import { fieldsOf } from '../../config/fields.ts';
import { declaredTopics, valueRegistries } from '../../config/mapping.ts';
import { pathText } from '../../config/problems.ts';
import { resolveSetup } from '../../config/resolve-setup.ts';
import { resolveOptions, type Options, type Resolved } from '../../config/resolve.ts';
import { settingsSchema } from '../../config/schema.ts';
import { KafkaError, kafkaErrorOf } from '../../model/errors.ts';
import { topicsOf as topicsOfSetting } from '../../record/settings.ts';
import { filesOf } from '../../spool/sqlite/database.ts';
import { readSpool } from '../../spool/status.ts';
import { createInspector } from '../../transport/create.ts';
import { countDeadLetters } from '../dead-letters/list.ts';
import { unsetText, type FlowRequest } from '../flow/configured.ts';
import { findDestination, type FlowDestination } from '../flow/destination.ts';
import { readFlowFile } from '../flow/flow-file.ts';
import type { Login } from '../flow/login.ts';
import { countFallbackKeys } from '../reading/fallback-keys.ts';
import { answersOf } from './checks/acknowledgements.ts';
import { examine } from './examine.ts';
import { triedExamples } from './examples.ts';
import { Network } from './network.ts';
import { setupRegistries, valueRegistriesOf } from './registries.ts';
import { checkNames, failure, ok, Report, warning, type Finding } from './report.ts';
import type { Kafka, Registry, Target } from './target.ts';

interface DiagnosisRequest extends FlowRequest {
  /** Ends it with what it has found so far. */
  readonly signal: AbortSignal;
  readonly onFinding?: (finding: Finding) => void;
}

/** Longer than the destination itself would wait for an answer: a diagnosis has to end. Milliseconds. */
const requestTimeout = 4_000;

/** Examines a configured destination from its file down to the disk of the brokers. Changes nothing. */
export async function diagnose(request: DiagnosisRequest): Promise<Report> {
  const { path, login, signal, onFinding } = request;
  const report = new Report(onFinding, login?.inItsWords);
  const found = await readFlow(request, report);
  const settings = found && (await readSettings(request, found, report));
  if (found === undefined || settings === undefined) {
    const cause = found === undefined ? 'flow' : 'settings';
    for (const name of checkNames.slice(checkNames.indexOf(cause) + 1)) report.skip(name, `needs ${cause}`);
    return report;
  }
  const facts = factsOf(path, found, settings, login);
  // An error says why the inspector's library cannot log in, if only the other one can.
  const inspector = await createInspector({ ...settings.options.connection, requestTimeout }).catch(
    kafkaErrorOf,
  );
  if (inspector instanceof KafkaError) {
    const target = { ...facts, kafka: refusing(inspector), unaskable: inspector.message };
    await examine(target, report, signal);
    return report;
  }
  try {
    await examine({ ...facts, kafka: inspector, unaskable: undefined }, report, signal);
  } finally {
    await inspector.close();
  }
  return report;
}

function refusing(error: KafkaError): Kafka {
  const refuse = () => Promise.reject(error);
  return { reach: refuse, cluster: refuse, topic: refuse, topicConfig: refuse };
}

interface Found extends FlowDestination {
  /** Whether its flow is the only one of the file. */
  readonly alone: boolean;
  readonly name: string;
}

async function readFlow(
  { path, destination, environment, login }: FlowRequest,
  report: Report,
): Promise<Found | undefined> {
  try {
    const file = await readFlowFile(path);
    const found = findDestination(file, destination, environment, login);
    report.add('flow', ok(`${path}: destination "${found.id}" of flow "${found.flow}"`));
    for (const one of found.unset) {
      const fix = `Set it, as where the flow runs: export ${one.variable}=…`;
      report.add('flow', warning(`config.${unsetText(one)}`, fix));
    }
    const alone = Object.keys(file.content.flows).length === 1;
    return { ...found, alone, name: alone ? found.id : `${found.flow}.${found.id}` };
  } catch (thrown) {
    const fix = 'Name the file and the destination that walkeros runs.';
    report.add('flow', failure(kafkaErrorOf(thrown).message, fix));
    return undefined;
  }
}

interface Settings extends Resolved {
  readonly setupRegistries: readonly Registry[];
}

/** Names that walkerOS gives to something else in a destination's `config`. */
const ofWalkerOS: ReadonlySet<string> = new Set(['timeout']);

/** Settings one level too high are read by nobody. */
function readMisplaced({ config }: FlowDestination, fix: string, report: Report): void {
  const own = fieldsOf(settingsSchema).filter(({ path }) => path.length === 1 || path[0] === 'kafka');
  for (const name of Object.keys(config)) {
    const field = own.find(({ path }) => path.length <= 2 && path.at(-1) === name);
    if (field === undefined || ofWalkerOS.has(name)) continue;
    const message = `config.${name} is read by nobody: it belongs to ${pathText('config.settings', field.path)}.`;
    report.add('settings', warning(message, fix));
  }
}

async function readSettings(
  { path, environment, login }: FlowRequest,
  found: Found,
  report: Report,
): Promise<Settings | undefined> {
  const { settings, mapping, timeout } = found.config;
  const fix = `Change it in ${path}, destination "${found.name}".`;
  const fixOf = (text: string): string =>
    login === undefined || login.inItsWords(text) === text ? fix : `Change it in ${login.path}.`;
  readMisplaced(found, fix, report);
  try {
    const resolved = resolveOptions(settings, { timeout, mapping, environment });
    report.add(
      'settings',
      ok(`${summaryOf(resolved.options)}${login ? `, by the login of ${login.path}` : ''}`),
    );
    // What concerns the collector's limit has a check of its own, the last one.
    const others = resolved.warnings.filter((text) => !isOfTimeouts(text));
    report.add('settings', ...others.map((text) => warning(text, fixOf(text))));
    report.add('settings', ...(await triedExamples(found, resolved.options, fix)));
    return { ...resolved, setupRegistries: readSetup(found, resolved.options, fix, report) };
  } catch (thrown) {
    const { title, problems } = problemsOf(thrown);
    const messages = problems.length > 0 ? problems : [title];
    report.add('settings', ...messages.map((message) => failure(message, fixOf(message))));
    return undefined;
  }
}

/** Events need no setup: what is wrong with it is a warning. */
function readSetup(
  { id, config: { setup, mapping } }: FlowDestination,
  options: Options,
  fix: string,
  report: Report,
): readonly Registry[] {
  try {
    const { warnings, plan } = resolveSetup(setup, options, { id, mapping }) ?? { warnings: [] };
    report.add('settings', ...warnings.map((text) => warning(text, fix)));
    return setupRegistries(plan?.schema);
  } catch (thrown) {
    const { title, problems } = problemsOf(thrown);
    const message = problems.length > 0 ? `${title}: ${problems.join('; ')}` : title;
    report.add('settings', warning(message, `${fix} Only walkeros setup needs it.`));
    return [];
  }
}

/** Warnings begin with the path of their setting. */
const isOfTimeouts = (warning: string): boolean =>
  /^(settings\.kafka\.deliveryTimeout|timeout): /.test(warning);

function summaryOf({ connection, topic, deadLetter }: Options): string {
  const refused = deadLetter === undefined ? '' : `, refused records to "${deadLetter.topic}"`;
  const names = topicsOfSetting(topic).map((name) => `"${name}"`);
  return `${connection.brokers.join(', ')}, topic${names.length > 1 ? 's' : ''} ${names.join(', ')}${refused}`;
}

function factsOf(
  path: string,
  { id, flow, alone, name, config, sources }: Found,
  { options, warnings, collectorTimeout, setupRegistries: ofSetup }: Settings,
  login: Login | undefined,
): Omit<Target, 'kafka' | 'unaskable'> {
  const { connection, deadLetter } = options;
  const hasKey = options.key !== undefined && options.key !== false;
  const client = { ...connection, requestTimeout };
  return {
    path,
    id,
    flow: alone ? undefined : flow,
    name,
    brokers: connection.brokers,
    tls: connection.tls,
    login: loginOf(connection.sasl),
    ofAnother: login?.ofAnother ?? false,
    acks: connection.acks,
    batchSize: options.batchSize,
    deliveryTimeout: options.deliveryTimeout,
    collectorTimeout,
    timeoutWarnings: warnings.filter(isOfTimeouts),
    answers: answersOf(config, sources, options),
    autoCreateTopics: connection.autoCreateTopics,
    topics: topicsOf(options, config.mapping),
    network: new Network(connection.connectTimeout, connection.tls),
    registries: [...ofSetup, ...valueRegistriesOf(options, config.mapping)],
    spool: spoolOf(options.spool),
    deadLetters: deadLetter && {
      ...deadLetter,
      count: () => countDeadLetters(deadLetter.topic, client),
    },
    keys: hasKey
      ? {
          topics: topicsOfSetting(options.topic),
          count: (topic) => countFallbackKeys(topic, client, valueRegistries(options, config.mapping)),
        }
      : undefined,
  };
}

function loginOf(sasl: Options['connection']['sasl']): Target['login'] {
  return sasl && { mechanism: sasl.mechanism, user: 'username' in sasl ? sasl.username : undefined };
}

function topicsOf(options: Options, mapping: unknown): Target['topics'] {
  return [...Map.groupBy(declaredTopics(options, mapping), (target) => target.topic)].map(([name, all]) => ({
    name,
    paths: all.map(({ path }) => path),
  }));
}

function spoolOf(spool: Options['spool']): Target['spool'] {
  if (spool === undefined) return undefined;
  const { path, maxBytes } = spool;
  return {
    path,
    files: filesOf(path),
    maxBytes,
    status: async () => (existsSync(path) ? readSpool(path) : undefined),
  };
}

/** The first line of a `SETTINGS_INVALID` is its title; each other line is one problem. */
function problemsOf(thrown: unknown): { title: string; problems: string[] } {
  const [title = '', ...problems] = kafkaErrorOf(thrown).message.split('\n');
  return { title, problems };
}
