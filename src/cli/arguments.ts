import { parseArgs } from 'node:util';
import { nearest } from '../config/problems.ts';

/** A command line that cannot be understood: printed without a stack, with where to read on. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface Option {
  /** The placeholder of its value, such as `<id>`; without one it is a switch. */
  readonly value?: string;
  readonly help: string;
  readonly many?: boolean;
}

export type Options = Readonly<Record<string, Option>>;

export class Arguments {
  readonly #given = new Map<string, string[]>();
  readonly #positionals: string[] = [];

  /**
   * @param positionals the arguments without a name, in order; one in brackets, such as `[event id]`, may be left out
   * @throws UsageError, which names the option nearest to an unknown one
   */
  constructor(words: readonly string[], options: Options, positionals: readonly string[]) {
    const config = Object.fromEntries(
      Object.entries(options).map(([name, { value }]) => [
        name,
        { type: value === undefined ? ('boolean' as const) : ('string' as const) },
      ]),
    );
    const { tokens } = parseArgs({ args: [...words], options: config, strict: false, tokens: true });
    for (const token of tokens) {
      if (token.kind === 'positional') this.#positionals.push(token.value);
      if (token.kind !== 'option') continue;
      // Every object has a `constructor`: `--constructor` is unknown all the same.
      const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
      if (option === undefined) throw unknown(token.rawName, options);
      // A word that begins like an option is no value: write `--key=-1`.
      const isNext = token.inlineValue === false && token.value.startsWith('-');
      if (option.value !== undefined && (token.value === undefined || token.value === '' || isNext))
        throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
      if (option.value === undefined && token.value !== undefined)
        throw new UsageError(`${token.rawName} takes no value`);
      const values = this.#given.get(token.name) ?? [];
      if (values.length > 0 && option.many !== true) throw new UsageError(`${token.rawName} was given twice`);
      this.#given.set(token.name, [...values, token.value ?? '']);
    }
    const missing = positionals[this.#positionals.length];
    if (missing?.startsWith('[') === false) throw new UsageError(`${missing} is missing`);
    const surplus = this.#positionals[positionals.length];
    if (surplus !== undefined) throw new UsageError(`"${surplus}" is one word too many`);
  }

  at(position: number): string {
    return this.#positionals[position] ?? '';
  }

  has(name: string): boolean {
    return this.#given.has(name);
  }

  text(name: string): string | undefined {
    return this.#given.get(name)?.[0];
  }

  texts(name: string): readonly string[] {
    return this.#given.get(name) ?? [];
  }

  count(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const number = Number(text);
    if (Number.isSafeInteger(number) && number > 0) return number;
    throw new UsageError(`--${name} takes a whole number above 0, not "${text}"`);
  }

  /**
   * A time: a date as `2026-11-23T08:00:00Z`, or how long ago, as `90s`, `15m`, `6h`, `2d`.
   * @returns milliseconds since the epoch
   */
  time(name: string, now: number): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const { count, unit } = /^(?<count>\d+)(?<unit>[smhd])$/.exec(text)?.groups ?? {};
    // `Date.parse` takes "5" for the first of May 2001.
    const date = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : NaN;
    const time = unit === undefined ? date : now - Number(count) * (units[unit] ?? 0);
    if (!Number.isNaN(time)) return time;
    throw new UsageError(
      `--${name} takes a time, such as 2026-11-23T08:00:00Z, or how long ago, such as 15m, not "${text}"`,
    );
  }
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function unknown(rawName: string, options: Options): UsageError {
  const meant = nearest(rawName.replace(/^-+/, ''), Object.keys(options));
  return new UsageError(
    `there is no option ${rawName}${meant === undefined ? '' : `: did you mean --${meant}?`}`,
  );
}
