import manifest from '../../package.json' with { type: 'json' };
import { Arguments, UsageError } from './arguments.ts';
import { helpOf, overview, type Command } from './command.ts';
import { deadLettersList } from './commands/dead-letters-list.ts';
import { deadLettersResend } from './commands/dead-letters-resend.ts';
import { doctor } from './commands/doctor.ts';
import { schemaCheck } from './commands/schema-check.ts';
import { spoolDrainCommand, spoolStatusCommand } from './commands/spool.ts';
import { alertsCommand, dashboardCommand } from './commands/monitoring.ts';
import { findCommand } from './commands/find.ts';
import { tail } from './commands/tail.ts';
import { loginOption, readLogin, type Login } from './flow/login.ts';
import type { Terminal } from './terminal.ts';
import { nearest } from '../config/problems.ts';
import { KafkaError } from '../model/errors.ts';

const ofFlows: readonly Command[] = [
  doctor,
  schemaCheck,
  tail,
  findCommand,
  deadLettersList,
  deadLettersResend,
  spoolStatusCommand,
  spoolDrainCommand,
];

export const commands: readonly Command[] = [
  ...ofFlows.map((command) => ({ ...command, options: { ...command.options, login: loginOption } })),
  alertsCommand,
  dashboardCommand,
];

/** @returns the exit code. Errors that a user can mend are printed, and not thrown. */
export async function main(words: readonly string[], terminal: Terminal): Promise<number> {
  const [first] = words;
  if (first === undefined || first === 'help' || isHelp(first)) {
    await terminal.print(overview(commands));
    return first === undefined ? 2 : 0;
  }
  if (first === '--version') {
    await terminal.print(`${manifest.name} ${manifest.version}`);
    return 0;
  }
  const group = groupOf(first);
  if (group.length > 0 && isHelp(words[1])) {
    await terminal.print(overview(group));
    return 0;
  }
  let login: Login | undefined;
  /** Beside the result nothing is quoted but messages. */
  const note = (line: string): void => terminal.note(login?.inItsWords(line) ?? line);
  try {
    const { command, rest } = find(words);
    if (rest.some(isHelp)) {
      await terminal.print(helpOf(command));
      return 0;
    }
    const given = argumentsFor(command, rest);
    if ('login' in command.options) login = await readLogin(given.text('login'), terminal.environment);
    return await command.run(given, { ...terminal, note }, login);
  } catch (thrown) {
    if (!(thrown instanceof UsageError || thrown instanceof KafkaError)) throw thrown;
    terminal.progress(undefined);
    note(`walkeros-kafka: ${thrown.message}`);
    return thrown instanceof UsageError ? 2 : 1;
  }
}

const isHelp = (word: string | undefined): boolean => word === '--help' || word === '-h';

/** The commands whose name begins with this word, and has another. */
const groupOf = (word: string): readonly Command[] =>
  commands.filter(({ name }) => name.startsWith(`${word} `));

function argumentsFor(command: Command, words: readonly string[]): Arguments {
  try {
    return new Arguments(words, command.options, command.positionals);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    const sentence = thrown.message.endsWith('?') ? thrown.message : `${thrown.message}.`;
    throw new UsageError(`${sentence} See: npx walkeros-kafka ${command.name} --help`);
  }
}

function find(words: readonly string[]): { command: Command; rest: readonly string[] } {
  for (const command of commands) {
    const name = command.name.split(' ');
    if (name.every((word, index) => word === words[index]))
      return { command, rest: words.slice(name.length) };
  }
  throw unknownCommand(words);
}

function unknownCommand([first = '', second = '']: readonly string[]): UsageError {
  const group = groupOf(first).map(({ name }) => name);
  if (group.length === 0) {
    const firsts = [...new Set(commands.map(({ name }) => name.split(' ', 1)[0] ?? ''))];
    return new UsageError(`there is no command "${first}": ${hint(first, firsts)}`);
  }
  const what = second === '' ? `"${first}" is not enough` : `there is no command "${first} ${second}"`;
  return new UsageError(`${what}: ${hint(`${first} ${second}`, group)}`);
}

function hint(typed: string, names: readonly string[]): string {
  const meant = nearest(typed, names);
  return meant === undefined ? `there are ${names.join(', ')}` : `did you mean "${meant}"?`;
}
