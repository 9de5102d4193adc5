import { Misfit, mustBe } from '../misfit.ts';
import { Sink, type Write } from './sink.ts';

/** Writes what stands for an absent field. */
export type WriteAbsent = (sink: Sink) => void;

/**
 * A default's bytes, made once.
 * @param field for the message
 * @throws Error where the default is none of its type
 */
export function absentWriter(write: Write, value: unknown, field: string): WriteAbsent {
  const sink = new Sink();
  try {
    write(value, sink);
  } catch (thrown) {
    throw new Error(`the default of its field "${field}" does not fit: ${faultOf(thrown)}`, {
      cause: thrown,
    });
  }
  const bytes = sink.take();
  return (target) => target.bytes(bytes);
}

function faultOf(thrown: unknown): string {
  if (thrown instanceof Misfit) return `${thrown.path} ${thrown.reason}`.trim();
  return thrown instanceof RangeError ? 'it holds itself' : String(thrown);
}

/** Text stands for a long in values only. */
export const defaultLong =
  (write: Write): Write =>
  (value, sink) => {
    if (typeof value === 'string') throw mustBe('a long', value);
    write(value, sink);
  };

/** A default is of the first branch that it fits, so says the specification; of the very first, said the older one. */
export function defaultUnionWriter(branches: readonly Write[]): Write {
  return (value, sink) => {
    const start = sink.position;
    for (const [place, write] of branches.entries()) {
      try {
        sink.zigzag(place);
        return write(value, sink);
      } catch (thrown) {
        if (!(thrown instanceof Misfit)) throw thrown;
        sink.position = start;
      }
    }
    throw mustBe('of a branch of its union', value);
  };
}
