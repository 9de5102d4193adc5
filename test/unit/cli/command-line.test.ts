import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { describe, it } from 'node:test';
import { freePorts } from '../../../scripts/kafka/ports.ts';
import { commands } from '../../../src/cli/main.ts';
import { progressBar } from '../../../src/cli/terminal.ts';
import { startProgram } from '../../bundle/support/program.ts';
import { run } from '../../cli/support/run.ts';

const program = new URL('../../../src/cli.ts', import.meta.url).pathname;

describe('the command line', () => {
  it('lists its commands, and shows options and examples of each', async () => {
    const { code, lines } = await run(['--help']);
    assert.equal(code, 0);
    assert.deepEqual(lines.slice(2, 13), [
      'Commands',
      '  doctor <flow.json>               Says what keeps events from reaching Kafka, and what to type.',
      '  schema check <flow.json>         Says what a change of schemas breaks, before it is deployed.',
      '  tail <topic>                     Shows the records of a topic as they come, decoded.',
      '  find [event id]                  Says where an event is: in its topic, the dead letters or the spool.',
      '  dead-letters list <flow.json>    Lists the records that Kafka refused, and why.',
      '  dead-letters resend <flow.json>  Sends them to the topics that refused them.',
      '  spool status <flow.json>         Says what waits in the spool, also while a flow runs.',
      '  spool drain <flow.json>          Delivers all that waits in the spool, and ends.',
      '  alerts                           Writes alert rules for Prometheus.',
      '  dashboard                        Writes a dashboard for Grafana.',
    ]);
    for (const command of commands) {
      const help = await run([...command.name.split(' '), '--help']);
      assert.equal(help.code, 0);
      assert.equal(help.lines[0], command.summary);
      for (const name of Object.keys(command.options))
        assert.ok(
          help.lines.some((line) => line.startsWith(`  --${name} `)),
          name,
        );
      assert.ok(help.lines.some((line) => line.startsWith(`  npx walkeros-kafka ${command.name} `)));
      for (const line of help.lines) assert.ok(line.length <= 125, line);
    }
  });

  it('tells its version', async () => {
    const { version } = JSON.parse(
      readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'),
    ) as Record<string, string>;
    assert.deepEqual(await run(['--version']), {
      code: 0,
      lines: [`walkeros-destination-kafka ${version}`],
      notes: [],
    });
  });

  it('lists those of a group', async () => {
    const { code, lines } = await run(['spool', '--help']);
    assert.equal(code, 0);
    assert.deepEqual(lines.slice(2, 6), [
      'Commands',
      '  spool status <flow.json>  Says what waits in the spool, also while a flow runs.',
      '  spool drain <flow.json>   Delivers all that waits in the spool, and ends.',
      '',
    ]);
  });

  const mistakes: readonly (readonly [line: string, message: string])[] = [
    ['docter flow.json', 'there is no command "docter": did you mean "doctor"?'],
    [
      'explode',
      'there is no command "explode": there are doctor, schema, tail, find, dead-letters, spool, alerts, dashboard',
    ],
    ['dead-letters lst', 'there is no command "dead-letters lst": did you mean "dead-letters list"?'],
    ['spool', '"spool" is not enough: there are spool status, spool drain'],
    ['doctor', '<flow.json> is missing. See: npx walkeros-kafka doctor --help'],
    ['doctor a.json b.json', '"b.json" is one word too many. See: npx walkeros-kafka doctor --help'],
    [
      'tail t --borkers b:1',
      'there is no option --borkers: did you mean --brokers? See: npx walkeros-kafka tail --help',
    ],
    [
      'tail t --brokers',
      '--brokers needs a value: --brokers <host:port,…>. See: npx walkeros-kafka tail --help',
    ],
    [
      'tail t --brokers --json',
      '--brokers needs a value: --brokers <host:port,…>. See: npx walkeros-kafka tail --help',
    ],
    ['tail t --json=yes', '--json takes no value. See: npx walkeros-kafka tail --help'],
    ['tail t --limit 1 --limit 2', '--limit was given twice. See: npx walkeros-kafka tail --help'],
    // Objects have these by themselves: they were taken, and meant nothing.
    ...['--constructor', '--toString', '--__proto__'].map(
      (option) =>
        [
          `doctor flow.json ${option}`,
          `there is no option ${option}. See: npx walkeros-kafka doctor --help`,
        ] as const,
    ),
    ['tail t', 'tell the cluster with either --brokers or --flow'],
    ['tail t --brokers b:1 --limit 0', '--limit takes a whole number above 0, not "0"'],
    [
      'tail t --brokers b:1 --since yesterday',
      '--since takes a time, such as 2026-11-23T08:00:00Z, or how long ago, such as 15m, not "yesterday"',
    ],
    [
      'tail t --brokers b:1 --since 5',
      '--since takes a time, such as 2026-11-23T08:00:00Z, or how long ago, such as 15m, not "5"',
    ],
    // "The Kafka destination cannot start: … settings.kafka.brokers[0]", with code 1.
    ['tail t --brokers b1', '--brokers: "b1" has no port: write host:port, for example "b1:9092"'],
    ['tail t --brokers ,', '--brokers: is empty: write host:port, for example "kafka1:9092"'],
    [
      'tail t/x --brokers b:1',
      '<topic>: "t/x" is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"',
    ],
    [
      'tail t --brokers b:1 --registry r',
      '--registry: is not a URL: write it with its scheme, for example "https://registry:8081"',
    ],
    [
      'tail t --brokers b:1 --registry http://u:p@r',
      '--registry: holds a user name or password: the login of a registry stands in a flow file, which --flow names',
    ],
    ['find --flow flow.json', 'tell what to find: an event id, or --key'],
    ['find 1f0c', 'tell the flow with --flow <flow.json>'],
    ['find a b --flow flow.json', '"b" is one word too many. See: npx walkeros-kafka find --help'],
    [
      'find 1f0c --flow flow.json --since 1h --until 2h',
      '--until must be later than --since, which is a day ago by default',
    ],
    ['tail t --brokers b:1 --since 1h --from-beginning', '--from-beginning and --since exclude each other'],
  ];
  for (const [line, message] of mistakes) {
    it(`does not understand "${line}", and says so`, async () => {
      const { code, lines, notes } = await run(line.split(' '));
      assert.deepEqual({ code, lines, notes }, { code: 2, lines: [], notes: [`walkeros-kafka: ${message}`] });
    });
  }

  /** "Check settings.kafka.brokers": there is no such thing on a command line. */
  it('tells what was typed by the name it has there', async () => {
    const [nobody = 0] = await freePorts(1);
    assert.deepEqual(await run(['tail', 't', '--brokers', `127.0.0.1:${nobody}`, '--to-end']), {
      code: 1,
      lines: [],
      notes: [
        `walkeros-kafka: Cannot reach Kafka at 127.0.0.1:${nobody}: connect ECONNREFUSED 127.0.0.1:${nobody}. ` +
          'Check --brokers and the network.',
      ],
    });
    const locked = createServer((socket) => socket.on('error', () => undefined).destroy());
    await once(locked.listen(0, '127.0.0.1'), 'listening');
    const { notes } = await run([
      'tail',
      't',
      '--brokers',
      `127.0.0.1:${(locked.address() as AddressInfo).port}`,
    ]);
    locked.close();
    assert.match(
      notes[0] ?? '',
      /the port may want TLS \(settings\.kafka\.ssl\) or credentials \(settings\.kafka\.sasl\)\. TLS and a login stand in a file: take --login, or --flow\.$/,
    );
  });

  it('shows how far it is', () => {
    assert.equal(
      progressBar(1_234, 3_700, 're-sending'),
      '[########················]  33 %  1,234 of 3,700  re-sending',
    );
    assert.equal(progressBar(0, 0, 'x'), '[########################] 100 %  0 of 0  x');
  });

  it('ends with 1, and says why, where its result cannot be written; a reader that goes away is no failure', async () => {
    // Every error of the output was taken for a closed pipe: on a full disk half a result counted as success.
    const full = openSync('/dev/full', 'w');
    const onFullDisk = spawn(process.execPath, [program, '--help'], { stdio: ['ignore', full, 'pipe'] });
    let said = '';
    onFullDisk.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    const [code] = (await once(onFullDisk, 'close')) as [number | null];
    closeSync(full);
    assert.deepEqual(
      [code, said],
      [1, 'walkeros-kafka: The result could not be written: ENOSPC: no space left on device, write.\n'],
    );
    const unread = startProgram(process.execPath, [program, '--help'], { cwd: import.meta.dirname });
    unread.child.stdout?.destroy();
    const { code: quietly, stderr } = await unread.ended;
    assert.deepEqual([quietly, stderr], [0, '']);
  });

  it('does not fall over where nobody reads what it says beside the result', async () => {
    const unread = startProgram(process.execPath, [program, 'docter'], { cwd: import.meta.dirname });
    unread.child.stderr?.destroy();
    assert.equal((await unread.ended).code, 2);
  });

  it('colours only a terminal, and not with NO_COLOR', async () => {
    const shown = async (isTerminal: boolean, env: NodeJS.ProcessEnv) => {
      const code = `Object.defineProperty(process.stdout, 'isTTY', { value: ${isTerminal} }); import(${JSON.stringify(program)});`;
      const words = ['--input-type=module', '-e', code, '--', 'cli', 'doctor', 'none.json'];
      const child = startProgram(process.execPath, words, {
        cwd: import.meta.dirname,
        env: { NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'], TERM: 'xterm', ...env },
      });
      return (await child.ended).stdout.includes('\u001b[');
    };
    assert.deepEqual(
      await Promise.all([
        shown(true, {}),
        shown(true, { NO_COLOR: '1' }),
        shown(true, { TERM: 'dumb' }),
        shown(false, {}),
      ]),
      [true, false, false, false],
    );
  });
});
