import { ValidationError, mustBe } from '../validation-error.ts';

/** The logical type `decimal`: an integer, its unscaled value, of which the last `scale` digits stand after the point. */
export interface Decimal {
  /** Most digits, those after the point included. */
  readonly precision: number;
  readonly scale: number;
}

/**
 * As many as PostgreSQL lets a column declare; other databases stop at 38 or 76. The digits of more would stop the event loop, and the
 * schema may come from a registry.
 */
const mostDigits = 1000;

type Attributes = Readonly<Record<string, unknown>>;

/**
 * @returns undefined where the attributes are none: the bytes are then bytes to every reader, as Avro's specification has it
 * @throws Error for more digits than are written here
 */
export function decimalOf({
  type,
  logicalType,
  precision,
  scale = 0,
  size,
}: Attributes): Decimal | undefined {
  if (logicalType !== 'decimal' || (type !== 'bytes' && type !== 'fixed')) return undefined;
  if (!isCount(precision) || precision === 0 || !isCount(scale) || scale > precision) return undefined;
  if (type === 'fixed' && (!isCount(size) || !holds(size, precision))) return undefined;
  if (precision > mostDigits)
    throw new Error(`a decimal has at most ${mostDigits} digits here, and its precision is ${precision}`);
  return { precision, scale };
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const holds = (size: number, precision: number): boolean => precision <= (8 * size - 1) * Math.log10(2);

const parts = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d{1,9}))?$/i;

export const looksLikeDecimal = (text: string): boolean => parts.test(text);

/**
 * The unscaled value, exactly; a number counts by its shortest decimal text.
 * @throws ValidationError where it is no decimal, and where it does not fit: nothing is rounded
 */
export function unscaled(value: unknown, { precision, scale }: Decimal): bigint {
  const text = typeof value === 'number' || typeof value === 'bigint' ? String(value) : value;
  const found = typeof text === 'string' ? parts.exec(text) : null;
  if (found === null) throw mustBe('a decimal, as number or as text', value);
  const [, sign, whole = '', fraction = '', exponent = '0'] = found;
  const written = (whole + fraction).replace(/^0+/, '');
  const digits = written.replace(/(?<!0)0+$/, '');
  if (digits === '') return 0n;
  const power = Number(exponent) - fraction.length + written.length - digits.length;
  const most = `must be a decimal of at most ${precision} digits, ${scale} of them after the point`;
  if (power < -scale)
    throw new ValidationError(`${most}, and has ${-power} after it: round it at its source`);
  // Before the digits are made: the exponent could ask for millions of them.
  if (digits.length + power + scale > precision)
    throw new ValidationError(`${most}, and is out of its range`);
  const size = BigInt(digits) * 10n ** BigInt(power + scale);
  return sign === '-' ? -size : size;
}

/** Two's complement, big-endian: in `size` bytes, or in as few as hold it. */
export function bytesOfUnscaled(value: bigint, size = leastBytes(value)): Buffer {
  const hex = BigInt.asUintN(size * 8, value)
    .toString(16)
    .padStart(size * 2, '0');
  return Buffer.from(hex, 'hex');
}

function leastBytes(value: bigint): number {
  const size = value < 0n ? -(value + 1n) : value;
  const bits = size === 0n ? 0 : size.toString(2).length;
  return Math.floor(bits / 8) + 1;
}

/** `12.30` for a scale of 2: all its digits after the point, as Java's BigDecimal shows it, and as `unscaled` takes it. */
export function decimalText(bytes: Buffer, { scale }: Decimal): string {
  const value =
    bytes.length === 0 ? 0n : BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  const sign = value < 0n ? '-' : '';
  const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, '0');
  const point = digits.length - scale;
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
