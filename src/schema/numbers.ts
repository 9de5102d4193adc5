import { ValidationError, mustBe } from './validation-error.ts';

const decimal = /^-?\d{1,20}$/;

/**
 * A 64-bit integer from what JSON can carry: a number up to 2^53, or beyond it a BigInt or decimal text.
 * @throws ValidationError where it is none, where a number is not exact any more, and outside of the range
 */
export function integer64(value: unknown, what: string, least: bigint, most: bigint): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw mustBe(what, value);
    if (!Number.isSafeInteger(value))
      throw new ValidationError(
        `must be ${what}, and is a number beyond 2^53, which is not exact: give it as text or BigInt`,
      );
    if (value < 0 && least === 0n) throw outside(what);
    return value;
  }
  if (typeof value !== 'bigint' && (typeof value !== 'string' || !decimal.test(value)))
    throw mustBe(what, value);
  const exact = BigInt(value);
  if (exact < least || exact > most) throw outside(what);
  return exact;
}

/** What JSON can carry of it exactly, and `integer64` takes: a number up to 2^53, beyond it decimal text. */
export function exactInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** @throws ValidationError */
export function integer32(value: unknown, what: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw mustBe(what, value);
  if (value < least || value > most) throw outside(what);
  return value;
}

export const looksLikeInteger = (text: string): boolean => decimal.test(text);

const outside = (what: string): ValidationError =>
  new ValidationError(`must be ${what}, and is out of its range`);

export const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
export const uint64 = { least: 0n, most: 2n ** 64n - 1n };
export const int32 = { least: -(2 ** 31), most: 2 ** 31 - 1 };
export const uint32 = { least: 0, most: 2 ** 32 - 1 };

/**
 * For a double: a number, or an integer that was kept exact because a long might have been meant.
 * @throws ValidationError where it is neither
 */
export function real(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number') throw mustBe('a number', value);
  return value;
}

/** The same for a float, which would make infinity of what is too large for it. @throws ValidationError */
export function real32(value: unknown): number {
  const number = real(value);
  if (Number.isFinite(number) && !Number.isFinite(Math.fround(number)))
    throw new ValidationError('must be a float, and is out of its range');
  return number;
}
