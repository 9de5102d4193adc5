/**
 * Whether a number is a multiple of another by their shortest decimal texts, as other languages have them: the quotient of two
 * doubles is no whole number for 19.99 and 0.01.
 */
export function isMultipleOf(value: number, divisor: number): boolean {
  if (!Number.isFinite(value) || !Number.isFinite(divisor) || divisor === 0) return false;
  if (Number.isSafeInteger(value) && Number.isSafeInteger(divisor)) return value % divisor === 0;
  const one = decimalOf(value);
  const other = decimalOf(divisor);
  const power = Math.min(one.power, other.power);
  const digits = ({ digits: own, power: place }: Decimal): bigint => own * 10n ** BigInt(place - power);
  return digits(one) % digits(other) === 0n;
}

interface Decimal {
  readonly digits: bigint;
  /** Of ten. */
  readonly power: number;
}

/** `1.5e-7` is 15 · 10⁻⁸. */
function decimalOf(number: number): Decimal {
  const [mantissa = '', exponent = '0'] = String(number).split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  return { digits: BigInt(whole + fraction), power: Number(exponent) - fraction.length };
}
