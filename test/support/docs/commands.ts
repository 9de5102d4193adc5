import type { Block } from './pages.ts';

/** A command that pages show, and who runs it. */
interface Command {
  /** How its line begins. */
  readonly starts: string;
  /** The test file, from the repository's root. */
  readonly test: string;
  /** What stands in that file where it runs the command. */
  readonly runs: string;
}

/** Commands that are no script of package.json, in blocks that no test has claimed as a whole. */
export const commands: readonly Command[] = [
  {
    starts: 'npx walkeros-kafka doctor flow.json',
    test: 'test/cli/operations.test.ts',
    runs: "command.startsWith('doctor')",
  },
  {
    starts: 'npx walkeros setup destination.kafka --config flow.json',
    test: 'test/bundle/getting-started.test.ts',
    runs: "['setup', 'destination.kafka', '--config', 'flow.json']",
  },
  {
    starts: 'npx walkeros run flow.json --port',
    test: 'test/bundle/getting-started.test.ts',
    runs: "['run', 'flow.json', '--port'",
  },
  {
    starts: 'curl -H \'content-type: application/json\' -d \'{"name":"page view","user":{"session":"me"}}\'',
    test: 'test/bundle/getting-started.test.ts',
    runs: "{ name: 'page view', user: { session: 'me' } }",
  },
];

interface NotRun {
  readonly page: string;
  /** How the command, or the block, begins. */
  readonly starts: string;
  /** The sentence with which the page says so. */
  readonly says: string;
}

/** What no test can run. */
export const notRun: readonly NotRun[] = [
  {
    page: 'docs/platforms/redpanda.md',
    starts: 'rpk ',
    says: 'No test speaks to Redpanda itself.',
  },
  {
    page: 'docs/downstream.md',
    starts: 'CREATE STREAM ',
    says: 'Not run by a test: there is no ksqlDB among the things that `npm` and Maven can bring.',
  },
];

/** Whether its page admits that no test runs it. */
export const isAdmitted = (text: string, page: string): boolean =>
  notRun.some((one) => one.page === page && text.startsWith(one.starts));

/** The commands of a block, one each: without what continues a line, comments and variables set in front. */
export const commandsIn = ({ text }: Block): string[] =>
  text
    .replace(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.replace(/^(?:[A-Z_]+=\S+ )+/, ''));

/** The name of a script of package.json that a line runs through npm, if it does. */
export const npmScript = (line: string): string | undefined =>
  /^npm (?:run )?(start|test)\b/.exec(line)?.[1] ?? /^npm run ([\w:-]+)/.exec(line)?.[1];
