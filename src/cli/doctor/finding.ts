import { KafkaError } from '../../model/errors.ts';

/** What is looked at, in this order. */
export const checkNames = [
  'flow',
  'settings',
  'dns',
  'tcp',
  'tls',
  'sasl',
  'cluster',
  'topics',
  'registry',
  'spool',
  'clock',
  'answers',
  'timeouts',
] as const;

export type CheckName = (typeof checkNames)[number];

/** One line of a diagnosis. */
export interface Finding extends Verdict {
  readonly name: CheckName;
}

export interface Verdict {
  /** A warning works today and will hurt; a failure keeps events from being stored. */
  readonly status: 'ok' | 'warning' | 'failure';
  readonly message: string;
  /** What to type or to change. Always there unless all is well. */
  readonly fix?: string;
}

/** What to do about an error that a check has no advice of its own on. */
export function fixUnforeseen(thrown: unknown): string {
  return thrown instanceof KafkaError
    ? `docs/troubleshooting.md has it under ${thrown.code}.`
    : 'Run it again. If it stays, it is a fault of the doctor: report it with this line.';
}

/** Why something was not looked at: it needs what failed before, or the settings have no such thing. */
export interface NotChecked {
  readonly name: CheckName;
  readonly reason: string;
}

export const ok = (message: string): Verdict => ({ status: 'ok', message });
export const warning = (message: string, fix: string): Verdict => ({ status: 'warning', message, fix });
export const failure = (message: string, fix: string): Verdict => ({ status: 'failure', message, fix });
