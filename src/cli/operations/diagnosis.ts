import { existsSync } from 'node:fs';
import { clientOptions } from '../../transport/client-options.ts';
import { createInspector } from '../../transport/create.ts';
import type { Inspector } from '../../transport/inspector.ts';
import { examine } from '../doctor/examine.ts';
import { checkNames, failure, ok, warning, type CheckName, type Finding } from '../doctor/finding.ts';
import { Network } from '../doctor/network.ts';
import type { Kafka, Patient } from '../doctor/patient.ts';
import { Report } from '../doctor/report.ts';
import { batchPaths, earlySources } from '../flow/answers.ts';
import { findDestination, type FlowDestination } from '../flow/destination.ts';
import { readFlowFile } from '../flow/flow-file.ts';
import type { Environment } from '../flow/references.ts';
import { ruleTopics } from '../../config/mapping.ts';
import { resolveSetup, type ResolvedSetup } from '../../config/resolve-setup.ts';
import { resolveOptions, type Options, type Resolved } from '../../config/resolve.ts';
import { filesOf } from '../../spool/sqlite/database.ts';
import { readSpool } from '../../spool/status.ts';
import { KafkaError } from '../../model/errors.ts';
import { setupLooks, valueLooks } from './registries.ts';

export interface DiagnosisRequest {
  /** Of the flow file. */
  readonly path: string;
  readonly destination: string | undefined;
  readonly environment: Environment;
  /** Ends it with what it has found so far. */
  readonly signal: AbortSignal;
  readonly onFinding?: (finding: Finding) => void;
}

/** Longer than the destination itself would wait for a question: a diagnosis has to end. Milliseconds. */
const questionTimeout = 4_000;

/** Looks at a configured destination from its file down to the disk of the brokers. Changes nothing. */
export async function diagnose({
  path,
  destination,
  environment,
  signal,
  onFinding,
}: DiagnosisRequest): Promise<Report> {
  const report = new Report(onFinding);
  const found = await readFlow(path, destination, environment, report);
  const settings = found && readSettings(path, found, environment, report);
  if (found === undefined || settings === undefined) {
    const cause = found === undefined ? 'flow' : 'settings';
    for (const name of checkNames.slice(checkNames.indexOf(cause) + 1))
      report.skip({ name, reason: `needs ${cause}` });
    return report;
  }
  const connection = { ...settings.resolved.options.connection, requestTimeout: questionTimeout };
  const facts = factsOf(path, found, settings);
  const kafka = await inspectorOf(connection);
  if (kafka instanceof KafkaError) {
    await examine({ ...facts, kafka: refusing(kafka), unaskable: kafka.message }, report, signal);
    return report;
  }
  try {
    await examine({ ...facts, kafka, unaskable: undefined }, report, signal);
  } finally {
    await kafka.close();
  }
  return report;
}

/** Or why the library that asks cannot log in where the one that sends can. */
async function inspectorOf(connection: Options['connection']): Promise<Inspector | KafkaError> {
  try {
    return await createInspector(clientOptions(connection));
  } catch (thrown) {
    if (thrown instanceof KafkaError) return thrown;
    throw thrown;
  }
}

function refusing(error: KafkaError): Kafka {
  const refuse = () => Promise.reject(error);
  return { reach: refuse, cluster: refuse, topic: refuse, topicConfig: refuse };
}

interface Found extends FlowDestination {
  /** Whether its flow is the only one of the file. */
  readonly alone: boolean;
  /** As `--destination` takes it. */
  readonly name: string;
}

async function readFlow(
  path: string,
  destination: string | undefined,
  environment: Environment,
  report: Report,
): Promise<Found | undefined> {
  try {
    const file = await readFlowFile(path);
    const found = findDestination(file, destination, environment);
    report.add({ name: 'flow', ...ok(`${path}: destination "${found.id}" of flow "${found.flow}"`) });
    for (const { path: at, variable } of found.unset) {
      const message = `config.${at} takes the environment variable ${variable}, which is not set here.`;
      report.add({
        name: 'flow',
        ...warning(message, `Set it, as where the flow runs: export ${variable}=…`),
      });
    }
    const alone = Object.keys(file.content.flows).length === 1;
    return { ...found, alone, name: alone ? found.id : `${found.flow}.${found.id}` };
  } catch (thrown) {
    report.add({
      name: 'flow',
      ...failure(messageOf(thrown), 'Name the file and the destination that walkeros runs.'),
    });
    return undefined;
  }
}

interface Settings {
  readonly resolved: Resolved;
  readonly setup: ResolvedSetup | undefined;
}

function readSettings(
  path: string,
  found: Found,
  environment: Environment,
  report: Report,
): Settings | undefined {
  const { name, config } = found;
  const { settings, mapping, timeout } = config;
  const fix = `Change it in ${path}, destination "${name}".`;
  try {
    const resolved = resolveOptions(settings, { timeout, mapping, environment });
    report.add({ name: 'settings', ...ok(summaryOf(resolved.options)) });
    for (const text of resolved.warnings) {
      // What concerns the collector's limit has a check of its own, which comes last.
      if (!ofTimeouts(text)) report.add({ name: 'settings', ...warning(text, fix) });
    }
    const setup = readSetup(found, resolved.options, fix, report);
    return { resolved, setup };
  } catch (thrown) {
    // The first line is a title, one problem on each of the others.
    const [title = '', ...problems] = messageOf(thrown).split('\n');
    for (const problem of problems.length > 0 ? problems : [title])
      report.add({ name: 'settings', ...failure(problem, fix) });
    return undefined;
  }
}

/** Events need no setup: what is wrong with it keeps none from Kafka. */
function readSetup(
  { id, config: { setup, mapping } }: FlowDestination,
  options: Options,
  fix: string,
  report: Report,
): ResolvedSetup | undefined {
  try {
    const found = resolveSetup(setup, options, { id, mapping });
    for (const text of found?.warnings ?? []) report.add({ name: 'settings', ...warning(text, fix) });
    return found;
  } catch (thrown) {
    const [title = '', ...problems] = messageOf(thrown).split('\n');
    const message = problems.length > 0 ? `${title}: ${problems.join('; ')}` : title;
    report.add({ name: 'settings', ...warning(message, `${fix} Only walkeros setup needs it.`) });
    return undefined;
  }
}

const ofTimeouts = (warning: string): boolean =>
  /^(settings\.kafka\.deliveryTimeout|timeout): /.test(warning);

function summaryOf({ connection, topic, deadLetter }: Options): string {
  const refused = deadLetter === undefined ? '' : `, refused records to "${deadLetter.topic}"`;
  return `${connection.brokers.join(', ')}, topic "${topic}"${refused}`;
}

function factsOf(
  path: string,
  { id, flow, alone, name, config, sources }: Found,
  { resolved: { options, warnings, collectorTimeout }, setup }: Settings,
): Omit<Patient, 'kafka' | 'unaskable'> {
  const { connection } = options;
  return {
    path,
    id,
    flow: alone ? undefined : flow,
    name,
    brokers: connection.brokers,
    tls: connection.tls,
    login: loginOf(connection.sasl),
    acks: connection.acks,
    batchSize: options.batchSize,
    deliveryTimeout: options.deliveryTimeout,
    collectorTimeout,
    timeoutWarnings: warnings.filter(ofTimeouts),
    answers: {
      earlySources: earlySources(sources),
      breaker: config.breaker !== undefined,
      cache: config.cache !== undefined,
      batches: batchPaths(config),
      idempotent: connection.idempotent,
    },
    autoCreateTopics: connection.autoCreateTopics,
    topics: topicsOf(options, config.mapping),
    network: new Network(connection.connectTimeout, connection.tls),
    registries: [...setupLooks(setup?.plan.schema), ...valueLooks(options, config.mapping)],
    spool: spoolOf(options.spool),
  };
}

function loginOf(sasl: Options['connection']['sasl']): string | undefined {
  if (sasl === undefined) return undefined;
  return 'username' in sasl ? `${sasl.mechanism} as "${sasl.username}"` : sasl.mechanism;
}

function topicsOf({ topic, deadLetter }: Options, mapping: unknown): Patient['topics'] {
  const targets = [
    { topic, path: 'settings.kafka.topic' },
    ...ruleTopics(mapping),
    ...(deadLetter ? [{ topic: deadLetter.topic, path: 'settings.deadLetter.topic' }] : []),
  ];
  return [...Map.groupBy(targets, (target) => target.topic)].map(([name, all]) => ({
    name,
    paths: all.map(({ path }) => path),
  }));
}

function spoolOf(spool: Options['spool']): Patient['spool'] {
  if (spool === undefined) return undefined;
  const { path, maxBytes } = spool;
  return {
    path,
    files: filesOf(path),
    maxBytes,
    status: async () => (existsSync(path) ? readSpool(path) : undefined),
  };
}

function messageOf(thrown: unknown): string {
  if (thrown instanceof KafkaError) return thrown.message;
  throw thrown;
}

export type { CheckName, Finding, Report };
