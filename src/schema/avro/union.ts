import avsc, { type Type } from 'avsc';
import { looksLikeDecimal } from './decimal.ts';
import { int32, looksLikeInteger } from '../numbers.ts';
import { ValidationError, mustBe, isObject } from '../validation-error.ts';
import type { Encoder, Write } from './encoder.ts';

export interface Branch {
  readonly type: Type;
  /** The type's name; `decimal` for that logical type. */
  readonly kind: string;
  readonly write: Write;
}

interface PlacedBranch extends Branch {
  readonly place: number;
}

/**
 * Chooses the branch by the value, since JSON does not name it: the first that fits, of records only among those that know
 * most of its properties.
 */
export function unionWriter(branches: readonly Branch[]): Write {
  const placed = branches.map((branch, place) => ({ ...branch, place }));
  return optionalWriter(placed) ?? choosingWriter(placed);
}

/** null and one more, which nearly all unions are. */
function optionalWriter(branches: readonly PlacedBranch[]): Write | undefined {
  const nothing = branches.find(({ type }) => type.typeName === 'null');
  const some = branches.find((branch) => branch !== nothing);
  if (branches.length !== 2 || nothing === undefined || some === undefined) return undefined;
  return (value, encoder) =>
    value === null || value === undefined ? encoder.zigzag(nothing.place) : writeBranch(some, value, encoder);
}

function choosingWriter(branches: readonly PlacedBranch[]): Write {
  const what = `one of ${branches.map(({ type, kind }) => type.name ?? kind).join(', ')}`;
  const choices = new Choices();
  return (value, encoder) => {
    const known = choices.of(value, encoder);
    if (known !== undefined && 'reason' in known) throw new ValidationError(known.reason).at(known.path);
    if (known !== undefined) return writeBranch(known, value, encoder);
    let candidates = branches.filter((branch) => isOf(branch, value));
    if (candidates.length === 0) candidates = branches.filter((branch) => standsFor(branch, value));
    const [only, ...others] = isObject(value) ? mostAlike(candidates, value) : candidates;
    if (only === undefined) throw mustBe(what, value);
    if (others.length === 0) return writeBranch(only, value, encoder);
    const start = encoder.position;
    let first: ValidationError | undefined;
    for (const candidate of [only, ...others]) {
      try {
        writeBranch(candidate, value, encoder);
        return choices.keep(value, candidate);
      } catch (thrown) {
        if (!(thrown instanceof ValidationError)) throw thrown;
        first ??= thrown;
        encoder.position = start;
      }
    }
    first ??= mustBe(what, value);
    choices.keep(value, { reason: first.reason, path: first.path });
    throw first;
  };
}

/** Why no branch fits, as seen from the value: the error itself gets the path above it as well. */
type Refusal = Pick<ValidationError, 'reason' | 'path'>;

/**
 * What a union chose for the objects of the value that is being written. A branch that is tried asks the unions within it, and
 * so does the next one: without this, records that hold each other took twice as long for each level, 29 s for twenty.
 */
class Choices {
  #known: WeakMap<object, PlacedBranch | Refusal> | undefined;
  #turn = 0;

  of(value: unknown, { turn }: Encoder): PlacedBranch | Refusal | undefined {
    if (turn !== this.#turn) this.#known = undefined;
    this.#turn = turn;
    return isObject(value) ? this.#known?.get(value) : undefined;
  }

  keep(value: unknown, choice: PlacedBranch | Refusal): void {
    if (isObject(value)) (this.#known ??= new WeakMap()).set(value, choice);
  }
}

function writeBranch({ place, write }: PlacedBranch, value: unknown, encoder: Encoder): void {
  encoder.zigzag(place);
  write(value, encoder);
}

/** Whether the value is of the branch's kind; what is inside it shows in writing. */
function isOf({ type, kind }: Branch, value: unknown): boolean {
  switch (kind) {
    case 'null':
      return value === null || value === undefined;
    case 'boolean':
      return typeof value === 'boolean';
    case 'int':
      return (
        typeof value === 'number' && Number.isInteger(value) && value >= int32.least && value <= int32.most
      );
    case 'long':
      return typeof value === 'bigint' || Number.isSafeInteger(value);
    case 'float':
      return typeof value === 'number' && Object.is(Math.fround(value), value);
    case 'double':
      return typeof value === 'number';
    case 'string':
      return typeof value === 'string';
    case 'enum':
      return type instanceof avsc.types.EnumType && type.symbols.some((symbol) => symbol === value);
    case 'decimal':
      return typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array;
    case 'bytes':
    case 'fixed':
      return value instanceof Uint8Array;
    case 'array':
      return Array.isArray(value);
    default:
      return isObject(value);
  }
}

/** Where no branch is of the value's own kind: text for what JSON has no kind for, and numbers that are rounded. */
function standsFor({ kind }: Branch, value: unknown): boolean {
  if (typeof value === 'number') return kind === 'float';
  if (typeof value === 'bigint') return kind === 'float' || kind === 'double';
  if (typeof value !== 'string') return false;
  if (kind === 'decimal') return looksLikeDecimal(value);
  return kind === 'bytes' || kind === 'fixed' || (kind === 'long' && looksLikeInteger(value));
}

/** Otherwise a record with few fields would swallow the values of a larger one, and drop what it does not know. */
function mostAlike(
  branches: readonly PlacedBranch[],
  value: Readonly<Record<string, unknown>>,
): readonly PlacedBranch[] {
  const likeness = ({ type }: Branch): number =>
    type instanceof avsc.types.RecordType
      ? type.fields.filter(({ name }) => Object.hasOwn(value, name) && value[name] !== undefined).length
      : 0;
  const most = Math.max(...branches.map(likeness));
  return branches.filter((branch) => likeness(branch) === most);
}
