import { readFile } from 'node:fs/promises';
import { reasonOf, type KafkaError } from '../../model/errors.ts';
import { codeOf } from '../../model/foreign.ts';

/**
 * @param wanted what to name instead of a file that is not there, such as `the flow.json that walkeros runs`
 * @throws KafkaError of `invalid`; it quotes nothing of the file
 */
export async function readJson(
  path: string,
  wanted: string,
  invalid: (path: string, what: string, cause?: unknown) => KafkaError,
): Promise<unknown> {
  const json = await readFile(path, 'utf8').catch((failure: unknown) => {
    const isMissing = codeOf(failure) === 'ENOENT';
    throw invalid(path, isMissing ? `there is no such file. Name ${wanted}` : reasonOf(failure), failure);
  });
  try {
    return JSON.parse(json) as unknown;
  } catch (failure) {
    const before = json.slice(0, faultAt(json, reasonOf(failure))).split('\n');
    const column = (before.at(-1) ?? '').length + 1;
    // V8's own message quotes the file: near a missing quotation mark that may be a password.
    throw invalid(path, `it is no JSON (line ${before.length}, column ${column})`);
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
