import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { Arguments } from '../../../src/cli/arguments.ts';
import { commands as ours } from '../../../src/cli/main.ts';
import { kafkaImage } from '../../../scripts/kafka/version.ts';
import { isClaimed } from '../../support/docs/claims.ts';
import { commands, commandsIn, isAdmitted, notRun, npmScript } from '../../support/docs/commands.ts';
import { allBlocks, pages, placeOf, root, textOf } from '../../support/docs/pages.ts';

const { scripts } = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: object };

/** What is wrong with a command of a page; nothing when it is a script, or a test runs it. */
function problem(line: string, page: string): string[] {
  const script = npmScript(line);
  if (script !== undefined) return script in scripts ? [] : [`package.json has no script ${script}`];
  const known = commands.some(({ starts }) => line.startsWith(starts));
  return known || isAdmitted(line, page) ? [] : [`no test runs ${line}`];
}

describe('commands of README.md and docs/', () => {
  const blocks = allBlocks().filter((block) => block.language === 'sh' && !isClaimed(block));

  it('in blocks are scripts of package.json, or run by a test', () => {
    const problems = blocks.flatMap((block) =>
      commandsIn(block).flatMap((line) =>
        problem(line, block.page).map((what) => `${placeOf(block)}: ${what}`),
      ),
    );
    assert.deepEqual(problems, []);
  });

  it('in sentences are scripts of package.json', () => {
    const inline = pages.flatMap((page) => [...textOf(page).matchAll(/`(npm (?:run )?[\w:-]+)/g)]);
    const names = inline.flatMap(([, line = '']) => npmScript(line) ?? []);
    assert.ok(names.length > 5, 'commands are found');
    assert.deepEqual(
      names.filter((name) => !(name in scripts)),
      [],
    );
  });

  it('in sentences are such as walkeros-kafka takes', () => {
    const inline = pages.flatMap((page) => [...textOf(page).matchAll(/`npx walkeros-kafka ([^`\n]+)/g)]);
    assert.ok(inline.length > 0, 'commands are found');
    for (const [, line = ''] of inline) {
      const command = ours.find(({ name }) => line.startsWith(`${name} `));
      assert.ok(command, line);
      const words = line.slice(command.name.length + 1).split(' ');
      assert.doesNotThrow(() => new Arguments(words, command.options, command.positionals), line);
    }
  });

  it('have the options that the guide to operations names', () => {
    const named = [...textOf('docs/operations.md').matchAll(/`(?:[\w-]+ )*--([\w-]+)/g)].map(
      ([, name = '']) => name,
    );
    const known = new Set(['help', ...ours.flatMap(({ options }) => Object.keys(options))]);
    assert.ok(named.length > 10, 'options are found');
    assert.deepEqual(
      named.filter((name) => !known.has(name)),
      [],
    );
  });

  it('name the Kafka that the tests run on', () => {
    const images = pages.flatMap((page) => textOf(page).match(/apache\/kafka:[\w.]+\w/g) ?? []);
    assert.deepEqual([...new Set(images)], [kafkaImage]);
  });

  it('are where the table says', () => {
    const lines = blocks.flatMap(commandsIn);
    for (const { starts, test, runs } of commands) {
      assert.ok(
        lines.some((line) => line.startsWith(starts)),
        `no page shows ${starts}`,
      );
      assert.ok(readFileSync(`${root}${test}`, 'utf8').includes(runs), `${test} does not run ${starts}`);
    }
    for (const { page, says } of notRun) assert.ok(textOf(page).includes(says), page);
  });
});

describe('a block of commands', () => {
  it('is read line by line', () => {
    const text =
      'npm run bench -- --quick  # two minutes\n\n# all\nKAFKA_BROKERS=a:1 npm start\nkafka-acls.sh --add \\\n  --topic a';
    const block = {
      page: 'a.md',
      line: 1,
      language: 'sh',
      text,
      heading: '',
      before: '',
      generated: undefined,
    };
    const lines = commandsIn(block);
    assert.deepEqual(lines, ['npm run bench -- --quick', 'npm start', 'kafka-acls.sh --add --topic a']);
    assert.deepEqual(lines.map(npmScript), ['bench', 'start', undefined]);
    assert.deepEqual(problem('npm run bensh', 'a.md'), ['package.json has no script bensh']);
    assert.deepEqual(problem('rm file', 'a.md'), ['no test runs rm file']);
    assert.equal(problem('rpk cluster info', 'a.md').length, 1);
    assert.equal(problem('rpk cluster info', 'docs/platforms/redpanda.md').length, 0);
  });
});
