import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { describe, it } from 'node:test';
import { freshTopic, sharedBroker } from '../support/broker.ts';
import { environment, expectProgram, runProgram } from './support/program.ts';
import { nodeMajors, project } from './support/project.ts';

describe('walkeros-kafka, as installed', () => {
  for (const major of nodeMajors) {
    it(`npx finds it, and it finds the cluster, on Node ${major}`, async () => {
      const { brokers } = await sharedBroker();
      const { folder, nodes } = await project();
      const topic = await freshTopic('command');
      const cwd = mkdtempSync(join(folder, 'command-'));
      const settings = { kafka: { brokers: ['$env.KAFKA_BROKER'], topic } };
      const kafka = { package: 'walkeros-destination-kafka', config: { settings } };
      const flow = { config: { platform: 'server' }, destinations: { kafka } };
      writeFileSync(join(cwd, 'flow.json'), JSON.stringify({ version: 4, flows: { default: flow } }));
      // The program's first line asks for `node`: that of the major version comes first.
      const path = [dirname(nodes[major]), process.env.PATH].join(delimiter);
      const env = environment({ KAFKA_BROKER: brokers[0], PATH: path });
      const help = await expectProgram('npx', ['--no-install', 'walkeros-kafka', '--help'], { cwd, env });
      assert.match(help.stdout, /^ {2}doctor <flow\.json> /m);

      const version = await expectProgram('npx', ['--no-install', 'walkeros-kafka', '--version'], {
        cwd,
        env,
      });
      assert.match(version.stdout, /^walkeros-destination-kafka \d+\.\d+\.\d+\S*\n$/);

      const program = join(folder, 'node_modules', '.bin', 'walkeros-kafka');
      const { stdout, stderr } = await expectProgram(program, ['doctor', 'flow.json'], { cwd, env });
      assert.match(stdout, /^10 ok, 0 warnings, 0 failures$/m);
      assert.equal(stderr, '');
      const wrong = await runProgram(program, ['doctor', 'flow.jsn'], { cwd, env });
      assert.equal(wrong.code, 1);
      assert.match(
        wrong.stdout,
        /^failure {2}flow {6}The flow file flow\.jsn cannot be used: there is no such file\./,
      );
      assert.equal((await runProgram(program, ['tial'], { cwd, env })).code, 2);
    });
  }
});
