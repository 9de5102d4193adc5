import { readFile } from 'node:fs/promises';
import type { Flow } from '@walkeros/core';
import { KafkaError, reasonOf } from '../vocabulary/errors.ts';

/** A flow.json as it stands, references and all. */
export interface FlowFile {
  /** As the user named it, for messages. */
  readonly path: string;
  readonly content: Flow.Json;
}

/** @throws KafkaError FLOW_INVALID that says what is wrong with the file */
export async function readFlowFile(path: string): Promise<FlowFile> {
  const content = parse(path, await text(path));
  if (isFlow(content)) return { path, content };
  throw flowInvalid(
    path,
    'it has no "flows". A flow file begins { "version": 4, "flows": { "default": { "config": { "platform": "server" }, … } } }',
  );
}

export function flowInvalid(path: string, what: string, cause?: unknown): KafkaError {
  return new KafkaError('FLOW_INVALID', `The flow file ${path} cannot be used: ${what}.`, { cause });
}

async function text(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (failure) {
    const missing = failure instanceof Error && 'code' in failure && failure.code === 'ENOENT';
    const what = missing ? 'there is no such file. Name the flow.json that walkeros runs' : reasonOf(failure);
    throw flowInvalid(path, what, failure);
  }
}

function parse(path: string, json: string): unknown {
  try {
    return JSON.parse(json) as unknown;
  } catch (failure) {
    throw flowInvalid(path, `it is no JSON (${reasonOf(failure)})`, failure);
  }
}

function isFlow(content: unknown): content is Flow.Json {
  if (typeof content !== 'object' || content === null || !('flows' in content)) return false;
  return typeof content.flows === 'object' && content.flows !== null;
}
