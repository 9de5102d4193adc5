import { KafkaError, reasonOf } from '../model/errors.ts';
import { wellFormedJson } from './well-formed.ts';

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
function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}
