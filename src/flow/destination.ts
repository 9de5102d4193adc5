import { getFlowSettings } from '@walkeros/core';
import type { KafkaError } from '../vocabulary/errors.ts';
import { reasonOf } from '../vocabulary/errors.ts';
import { flowInvalid, type FlowFile } from './flow-file.ts';
import { replaceReferences, type Environment, type Unset } from './references.ts';

/** A destination of a flow file, with its references replaced. */
export interface FlowDestination {
  readonly flow: string;
  readonly id: string;
  readonly config: DestinationConfig;
  readonly unset: readonly Unset[];
}

/** What the package reads of `config`; nothing of it is checked yet. */
export interface DestinationConfig {
  readonly settings?: unknown;
  readonly mapping?: unknown;
  readonly setup?: unknown;
  readonly timeout?: unknown;
}

const packageName = 'walkeros-destination-kafka';

/**
 * Finds the destination of this package in a flow file.
 * @param wanted its id, or `flow.id` where several flows have one; default: the only one that names the package
 * @throws KafkaError FLOW_INVALID where there is none, or more than one
 */
export function findDestination(
  file: FlowFile,
  wanted: string | undefined,
  environment: Environment,
): FlowDestination {
  const all = Object.keys(file.content.flows).flatMap((flow) => destinationsOf(file, flow));
  const named = (found: Found): boolean => wanted === found.id || wanted === `${found.flow}.${found.id}`;
  const matching = all.filter(wanted === undefined ? ({ ours }) => ours : named);
  const [only, ...others] = matching;
  if (only === undefined) throw notFound(file, wanted, all);
  if (others.length > 0) {
    const names = matching.map(({ flow, id }) => `${flow}.${id}`).join(', ');
    throw flowInvalid(file.path, `it has several such destinations: ${names}. Choose one with --destination`);
  }
  const { value, unset } = replaceReferences(only.config, environment);
  return { flow: only.flow, id: only.id, config: isObject(value) ? value : {}, unset };
}

interface Found {
  readonly flow: string;
  readonly id: string;
  readonly ours: boolean;
  readonly config: unknown;
}

function destinationsOf(file: FlowFile, flow: string): Found[] {
  const { destinations = {} } = settingsOf(file, flow);
  return Object.entries(destinations).map(([id, entry]) => {
    const step: object = isObject(entry) ? entry : {};
    return {
      flow,
      id,
      ours: 'package' in step && step.package === packageName,
      config: 'config' in step ? step.config : {},
    };
  });
}

/** By walkerOS's own hand; what a bundle looks up later stays marked. */
function settingsOf(file: FlowFile, flow: string) {
  try {
    return getFlowSettings(file.content, flow, { deferred: true, strictFlowRefs: false });
  } catch (failure) {
    throw flowInvalid(file.path, `flow "${flow}": ${reasonOf(failure).replace(/[.\s]+$/, '')}`, failure);
  }
}

function notFound({ path }: FlowFile, wanted: string | undefined, all: readonly Found[]): KafkaError {
  const ids = all.map(({ flow, id }) => `${flow}.${id}`).join(', ') || 'none';
  return flowInvalid(
    path,
    wanted === undefined
      ? `no destination names the package "${packageName}". Its destinations: ${ids}. Choose one with --destination`
      : `it has no destination "${wanted}". Its destinations: ${ids}`,
  );
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
