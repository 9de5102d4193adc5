import { readFile } from 'node:fs/promises';
import type { Flow } from '@walkeros/core';
import { KafkaError, reasonOf } from '../../model/errors.ts';

/** A flow.json, its references not yet replaced. */
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
    const before = json.slice(0, faultAt(json, reasonOf(failure))).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    // V8's own message quotes the file: near a missing quotation mark that may be a password.
    throw flowInvalid(path, `it is no JSON (line ${before.length}, column ${column})`);
  }
}

/** Where V8 stopped to parse. Its message has either the position or a quotation. */
function faultAt(json: string, reason: string): number {
  if (!reason.startsWith(quoting)) return Number(/ at position (\d+)/.exec(reason)?.[1] ?? json.length);
  let [sound, faulty] = [0, json.length];
  while (faulty - sound > 1) {
    const middle = (sound + faulty) >> 1;
    if (stopsIn(json.slice(0, middle))) faulty = middle;
    else sound = middle;
  }
  return sound;
}

const quoting = 'Unexpected token';

/** A text that is only cut short gets another message. */
function stopsIn(begun: string): boolean {
  try {
    JSON.parse(begun);
    return false;
  } catch (failure) {
    return reasonOf(failure).startsWith(quoting);
  }
}

function isFlow(content: unknown): content is Flow.Json {
  if (typeof content !== 'object' || content === null || !('flows' in content)) return false;
  return typeof content.flows === 'object' && content.flows !== null;
}
