import type { Flow } from '@walkeros/core';
import { KafkaError } from '../../model/errors.ts';
import { isObject, propertyOf } from '../../model/foreign.ts';
import { readJson } from './json-file.ts';

/** A flow.json, its references not yet replaced. */
export interface FlowFile {
  readonly path: string;
  readonly content: Flow.Json;
}

/** @throws KafkaError FLOW_INVALID that says what is wrong with the file */
export async function readFlowFile(path: string): Promise<FlowFile> {
  const content = await readJson(path, 'the flow.json that walkeros runs', flowInvalid);
  if (isFlow(content)) return { path, content };
  throw flowInvalid(
    path,
    'it has no "flows". A flow file begins { "version": 4, "flows": { "default": { "config": { "platform": "server" }, … } } }',
  );
}

export function flowInvalid(path: string, what: string, cause?: unknown): KafkaError {
  return new KafkaError('FLOW_INVALID', `The flow file ${path} cannot be used: ${what}.`, { cause });
}

function isFlow(content: unknown): content is Flow.Json {
  return isObject(propertyOf(content, 'flows'));
}
