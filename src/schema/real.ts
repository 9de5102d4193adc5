import { Misfit, mustBe } from './misfit.ts';

/**
 * For a double: a number, or an integer that was kept exact because a long might have been meant.
 * @throws Misfit where it is neither
 */
export function real(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number') throw mustBe('a number', value);
  return value;
}

/** The same for a float, which would make infinity of what is too large for it. @throws Misfit */
export function real32(value: unknown): number {
  const number = real(value);
  if (Number.isFinite(number) && !Number.isFinite(Math.fround(number)))
    throw new Misfit('must be a float, and is out of its range');
  return number;
}
