import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Processors, as `taskset --cpu-list` takes them. */
export interface Pins {
  readonly broker: string;
  readonly client: string;
}

/**
 * A core for the broker and one for the row that is measured. Without them, the scheduler moves both about, and rows of one
 * sitting differ by a third; with them, by a few per cent. Undefined where there is no `taskset` or only one core.
 */
export const pins: Pins | undefined = canPin() ? { broker: '0', client: '1' } : undefined;

function canPin(): boolean {
  return (
    cpus().length > 1 && spawnSync('taskset', ['--cpu-list', '0,1', process.execPath, '-e', '0']).status === 0
  );
}
