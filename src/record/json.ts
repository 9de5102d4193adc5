import { KafkaError, reasonOf } from '../model/errors.ts';

/** @throws KafkaError EVENT_NOT_SERIALIZABLE for a cycle, a BigInt, or a value without a JSON form */
export function jsonOf(value: unknown, eventName: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(value);
  } catch (thrown) {
    throw new KafkaError(
      'EVENT_NOT_SERIALIZABLE',
      `Event "${eventName}" cannot be written as JSON: ${firstLine(reasonOf(thrown))}. ` +
        'Map the offending property away with `data.map`, or turn it into a string at its source.',
      { cause: thrown },
    );
  }
  if (json === undefined) {
    throw new KafkaError(
      'EVENT_NOT_SERIALIZABLE',
      `Event "${eventName}" has no JSON form (its toJSON returns nothing).`,
    );
  }
  return wellFormedJson(json);
}

/** V8 draws a cycle over several lines; the first names the fault. */
export function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

/**
 * JSON without half a surrogate (text cut within an emoji), which `JSON.stringify` writes as `\ud83d`: strict readers refuse
 * the whole record for it. U+FFFD stands in its place, as in every other format.
 */
export function wellFormedJson(json: string): string {
  return json.includes('\\ud') ? json.replace(escapes, repaired) : json;
}

/** Each escape as a whole, so that the backslash of `\\ud83d`, which is text, begins none. A pair stays. */
const escapes = /\\(?:u(d[89ab][\da-f]{2}\\ud[c-f][\da-f]{2})|u(d[89a-f][\da-f]{2})|.)/gi;

function repaired(escape: string, _pair: string | undefined, half: string | undefined): string {
  return half === undefined ? escape : '\ufffd';
}
