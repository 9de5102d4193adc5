import { getFlowSettings } from '@walkeros/core';
import { flowInvalid, type FlowFile } from './flow-file.ts';
import { withKafka, type Login } from './login.ts';
import { replaceReferences, type Environment, type Replaced, type Unset } from './references.ts';
import { CodeFault } from '../../config/code.ts';
import { reasonOf, withoutFullStop, type KafkaError } from '../../model/errors.ts';
import { isNamed, isObject, propertyOf } from '../../model/foreign.ts';

export interface FlowDestination {
  readonly flow: string;
  readonly id: string;
  readonly config: DestinationConfig;
  readonly unset: readonly Unset[];
  /** The sources of its flow, as they are written. */
  readonly sources: unknown;
  /** Its step examples, by name, as they are written: walkerOS leaves them out of what it resolves. */
  readonly examples: unknown;
}

/** The parts of `config` that the package reads; unchecked. */
export interface DestinationConfig {
  readonly settings?: unknown;
  readonly mapping?: unknown;
  readonly data?: unknown;
  readonly policy?: unknown;
  readonly include?: unknown;
  readonly setup?: unknown;
  readonly timeout?: unknown;
  readonly batch?: unknown;
  readonly breaker?: unknown;
  readonly cache?: unknown;
}

const ourPackage = 'walkeros-destination-kafka';

/**
 * Finds the destination of this package in a flow file.
 * @param wanted its id, or `flow.id` if several flows have one; default: the only one that names the package
 * @param login what stands in place of settings of the flow
 * @throws KafkaError FLOW_INVALID if there is none, or more than one
 */
export function findDestination(
  file: FlowFile,
  wanted: string | undefined,
  environment: Environment,
  login?: Login,
): FlowDestination {
  const flows = Object.keys(file.content.flows).map((flow) => resolvedFlow(file, flow));
  const all = flows.flatMap(destinationsOf);
  const named = (found: Found): boolean => wanted === found.id || wanted === `${found.flow}.${found.id}`;
  const matching = all.filter(wanted === undefined ? ({ ours }) => ours : named);
  const [only, ...others] = matching;
  if (only === undefined) {
    const fault = all.length === 0 ? flows.find((flow) => flow.fault)?.fault : undefined;
    throw fault ?? notFound(file, wanted, all);
  }
  if (others.length > 0) {
    const names = matching.map(({ flow, id }) => `${flow}.${id}`).join(', ');
    throw flowInvalid(file.path, `it has several such destinations: ${names}. Choose one with --destination`);
  }
  if (only.fault !== undefined) throw only.fault;
  if (!only.ours && only.packageName !== undefined) {
    const what = `destination "${only.flow}.${only.id}" is of the package "${only.packageName}", not of "${ourPackage}"`;
    throw flowInvalid(file.path, `${what}. Choose another one with --destination`);
  }
  const { value, unset } = replaced(file, only, environment, login);
  const { flow, id, sources, cache } = only;
  return {
    flow,
    id,
    config: isObject(value) ? { ...(cache !== undefined && { cache }), ...value } : {},
    unset,
    sources,
    examples: ['flows', flow, 'destinations', id, 'examples'].reduce<unknown>(propertyOf, file.content),
  };
}

interface ResolvedFlow {
  readonly flow: string;
  readonly settings: unknown;
  /** Why walkerOS refuses the flow: then its settings are as they are written. It matters only to those who want this flow. */
  readonly fault: KafkaError | undefined;
}

interface Found extends Pick<ResolvedFlow, 'flow' | 'fault'> {
  readonly id: string;
  readonly ours: boolean;
  /** Undefined if the step names none: a bundle may have its code from elsewhere. */
  readonly packageName: string | undefined;
  readonly config: unknown;
  /** A step may have it beside `config`, too. */
  readonly cache: unknown;
  readonly sources: unknown;
}

/** Resolved by walkerOS's own code; what a bundle looks up at its start stays marked. */
function resolvedFlow({ path, content }: FlowFile, flow: string): ResolvedFlow {
  try {
    const settings = getFlowSettings(content, flow, { deferred: true, strictFlowRefs: false });
    return { flow, settings, fault: undefined };
  } catch (failure) {
    const what = `flow "${flow}": ${withoutFullStop(reasonOf(failure))}`;
    return { flow, settings: content.flows[flow], fault: flowInvalid(path, what, failure) };
  }
}

function destinationsOf({ flow, settings, fault }: ResolvedFlow): Found[] {
  const destinations = propertyOf(settings, 'destinations');
  const sources = propertyOf(settings, 'sources');
  return Object.entries(isObject(destinations) ? destinations : {}).map(([id, step]: [string, unknown]) => {
    const { config = {}, cache, package: named } = isNamed(step) ? step : {};
    const packageName = typeof named === 'string' ? named : undefined;
    return { flow, fault, id, ours: packageName === ourPackage, packageName, config, cache, sources };
  });
}

/** What a login replaces is left out first: an operator may not have the variables that it takes. */
function replaced(
  { path }: FlowFile,
  { flow, id, config }: Found,
  environment: Environment,
  login: Login | undefined,
): Replaced {
  try {
    if (login === undefined) return replaceReferences(config, environment);
    const left = Object.fromEntries(Object.keys(login.kafka).map((name) => [name, undefined]));
    const { value, unset } = replaceReferences(withKafka(config, left), environment);
    return { value: withKafka(value, login.kafka), unset };
  } catch (thrown) {
    if (!(thrown instanceof CodeFault)) throw thrown;
    throw flowInvalid(path, `destination "${flow}.${id}": ${thrown.message}`, thrown);
  }
}

function notFound({ path }: FlowFile, wanted: string | undefined, all: readonly Found[]): KafkaError {
  const ids = all.map(({ flow, id }) => `${flow}.${id}`).join(', ') || 'none';
  return flowInvalid(
    path,
    wanted === undefined
      ? `no destination names the package "${ourPackage}". Its destinations: ${ids}. Choose one with --destination`
      : `it has no destination "${wanted}". Its destinations: ${ids}`,
  );
}
