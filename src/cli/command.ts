import type { Arguments, Options } from './arguments.ts';
import type { Terminal } from './terminal.ts';

/** One command. Its words are its name: `dead-letters list`. */
export interface Command {
  readonly name: string;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** What stands without a name behind the command, such as `<flow.json>`. All of it is required. */
  readonly places: readonly string[];
  readonly options: Options;
  /** Below the options in its help: what one should know. */
  readonly notes?: readonly string[];
  readonly examples: readonly { readonly line: string; readonly what: string }[];
  /** @returns the exit code: 0 all is well, 1 something is not */
  readonly run: (words: Arguments, terminal: Terminal) => Promise<number>;
}
