import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { it } from 'node:test';
import { eventually } from '../support/eventually.ts';

const parent = `
  import { startKafka } from './scripts/kafka/launch.ts';
  const { nodes: [node] } = await startKafka({ own: true });
  await node.freeze();
  console.log(JSON.stringify({ direct: node.direct, dataDir: node.dataDir ?? '' }));
  setInterval(() => undefined, 1000);
`;

/** A run that is killed hard used to be the way to collect forgotten brokers; a stopped one does not even hear SIGTERM. */
it('a killed parent leaves no broker and no data, even of a frozen node', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '--eval', parent], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout
      .setEncoding('utf8')
      .once('data', resolve)
      .once('end', () => reject(new Error('no Kafka')));
  });
  const { direct, dataDir } = JSON.parse(line) as { direct: string; dataDir: string };
  assert.equal(await accepts(direct), true);

  child.kill('SIGKILL');
  await eventually('the broker is gone', async () => !(await accepts(direct)));
  await eventually('its data are gone', () => dataDir === '' || !existsSync(dataDir));
});

function accepts(address: string): Promise<boolean> {
  const [host = '', port] = address.split(':');
  return new Promise((resolve) => {
    const socket = connect(Number(port), host);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
