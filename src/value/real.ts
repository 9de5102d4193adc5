import { mustBe } from './misfit.ts';

/**
 * For a float or a double: a number, or an integer that was kept exact because a long might have been meant.
 * @throws Misfit where it is neither
 */
export function real(value: unknown): number {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'number') throw mustBe('a number', value);
  return value;
}
