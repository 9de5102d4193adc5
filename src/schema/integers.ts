import { Misfit, mustBe } from './misfit.ts';

const decimal = /^-?\d{1,20}$/;

/**
 * A 64-bit integer from what JSON can carry: a number up to 2^53, or beyond it a BigInt or decimal text.
 * @throws Misfit where it is none, where a number is not exact any more, and outside of the range
 */
export function integer64(value: unknown, what: string, least: bigint, most: bigint): number | bigint {
  if (typeof value === 'number') {
    if (!Number.isInteger(value)) throw mustBe(what, value);
    if (!Number.isSafeInteger(value))
      throw new Misfit(
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

/** @throws Misfit */
export function integer32(value: unknown, what: string, least: number, most: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value)) throw mustBe(what, value);
  if (value < least || value > most) throw outside(what);
  return value;
}

export const looksLikeInteger = (text: string): boolean => decimal.test(text);

const outside = (what: string): Misfit => new Misfit(`must be ${what}, and is out of its range`);

export const int64 = { least: -(2n ** 63n), most: 2n ** 63n - 1n };
export const uint64 = { least: 0n, most: 2n ** 64n - 1n };
export const int32 = { least: -(2 ** 31), most: 2 ** 31 - 1 };
export const uint32 = { least: 0, most: 2 ** 32 - 1 };
