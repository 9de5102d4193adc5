import type { Arguments, Options } from './arguments.ts';
import type { Login } from './flow/login.ts';
import type { Terminal } from './terminal.ts';

/** One command, by the name that is typed, such as `dead-letters list`. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** The arguments without a name, such as `<flow.json>`. One in brackets may be left out. */
  readonly positionals: readonly string[];
  readonly options: Options;
  readonly notes?: readonly string[];
  /** By what is typed behind the program: what it shows. */
  readonly examples: Readonly<Record<string, string>>;
  /** @returns the exit code: 0 all is well, 1 something is not, 3 that could not be told */
  readonly run: (words: Arguments, terminal: Terminal, login: Login | undefined) => Promise<number>;
}

const program = 'walkeros-kafka';

export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map((command) => usageOf(command).length));
  return [
    `Looks after a walkerOS flow that writes to Kafka with walkeros-destination-kafka.`,
    '',
    'Commands',
    ...commands.map((command) => `  ${usageOf(command).padEnd(width)}  ${command.summary}`),
    '',
    `"${program} <command> --help" shows its options and examples, "${program} --version" the version.`,
    'Exit code: 0 all is well, 1 something is not, 2 the command line was not understood.',
  ].join('\n');
}

export function helpOf(command: Command): string {
  const options = Object.entries(command.options).map(([name, { value, help }]) => ({
    left: `--${name}${value === undefined ? '' : ` ${value}`}`,
    help,
  }));
  const width = Math.max(0, ...options.map(({ left }) => left.length));
  return [
    command.summary,
    '',
    `Usage: ${program} ${usageOf(command)}${options.length > 0 ? ' [options]' : ''}`,
    '',
    'Options',
    ...options.map(({ left, help }) => `  ${left.padEnd(width)}  ${help}`),
    ...(command.notes === undefined ? [] : ['', ...command.notes]),
    '',
    'Examples',
    ...Object.entries(command.examples).flatMap(([line, what]) => [
      `  # ${what}`,
      `  npx ${program} ${line}`,
    ]),
  ].join('\n');
}

function usageOf({ name, positionals }: Command): string {
  return [name, ...positionals].join(' ');
}
