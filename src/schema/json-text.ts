import { reasonOf } from '../model/errors.ts';
import { firstLine, wellFormedJson } from '../record/json.ts';
import { ValidationError } from './validation-error.ts';

/**
 * JSON in which a BigInt is its digits, so that 64-bit integers stay exact. Native and as quick where there is none.
 * @throws ValidationError for what has no JSON form
 */
export function jsonText(value: unknown): string {
  const text = jsonOf(value);
  if (text === undefined) throw new ValidationError('has no JSON form');
  return text;
}

/** The same; undefined for what JSON leaves out of objects, such as a function. */
export function jsonOf(value: unknown): string | undefined {
  try {
    return repaired(JSON.stringify(value));
  } catch (thrown) {
    if (!(thrown instanceof TypeError) || !thrown.message.includes('BigInt')) throw noJson(thrown);
    try {
      return repaired(JSON.stringify(value, digits));
    } catch (other) {
      throw noJson(other);
    }
  }
}

/** `JSON.stringify` answers undefined where its type does not say so. */
const repaired = (json: string | undefined): string | undefined => json && wellFormedJson(json);

const digits = (_: string, value: unknown): unknown =>
  typeof value === 'bigint' ? rawJSON(value.toString()) : value;

/** In Node since 21; the types of ECMAScript do not have it yet. */
const { rawJSON } = JSON as typeof JSON & { rawJSON: (text: string) => object };

const noJson = (thrown: unknown): ValidationError =>
  new ValidationError(`cannot be written as JSON: ${firstLine(reasonOf(thrown))}`);
