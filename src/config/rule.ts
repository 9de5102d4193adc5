import type { Problem } from './problems.ts';
import type { ParsedSettings } from './schema.ts';

/**
 * What settings must hold together, where no single one is wrong by itself. Each sentence says what to change and
 * what harm it does as it is. An error keeps the destination from starting; a warning is logged at each start.
 */
export interface Rule {
  readonly path: string;
  readonly severity: 'error' | 'warning';
  /** The problem, or undefined where all is well or where a setting it reads could not be parsed. */
  check(known: Partial<Facts>): Problem | undefined;
}

/** All that rules may read: the parsed settings, the limits of one push, and AWS_REGION and PWD. */
export type Facts = ParsedSettings['kafka'] & {
  deadLetter: ParsedSettings['deadLetter'];
  value: ParsedSettings['value'];
  spool: ParsedSettings['spool'];
  /** `deliveryTimeout` as the user has written it; the setting itself is what it takes effect as. */
  writtenDeliveryTimeout: number | undefined;
  /** What the collector takes as its limit for one push, in ms. */
  collectorTimeout: number;
  /** `config.timeout` as the user has written it. */
  writtenCollectorTimeout: unknown;
  environmentRegion: string | undefined;
  /** Where the command was started: `walkeros run` changes the working folder, and leaves PWD as it was. */
  startFolder: string | undefined;
};

interface RuleText<K extends keyof Facts> {
  path: string;
  severity: 'error' | 'warning';
  reads: readonly K[];
  when: (facts: Pick<Facts, K>) => boolean;
  say: string | ((facts: Pick<Facts, K>) => string);
}

export function rule<const K extends keyof Facts>({ path, severity, reads, when, say }: RuleText<K>): Rule {
  const holdsAll = (known: Partial<Facts>): known is Partial<Facts> & Pick<Facts, K> =>
    reads.every((name) => name in known);
  return {
    path,
    severity,
    check(known) {
      if (!holdsAll(known) || !when(known)) return undefined;
      return { path, say: typeof say === 'string' ? say : say(known) };
    },
  };
}
