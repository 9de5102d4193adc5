/**
 * Runs where no file may grow, as on a full disk: opens a destination with the spool named first on a cluster in memory,
 * pushes one event, gets room, and pushes with the cluster away. Says what became of all that.
 */
import { execFileSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { readSpool } from '../../../src/spool/status.ts';
import { reasonOf } from '../../../src/model/errors.ts';
import { openOn, send } from '../telemetry/runtime.ts';

const [path = '', mode = '', leftovers = ''] = process.argv.slice(2);
const said: Record<string, unknown> = {};
try {
  const { runtime, cluster, log } = await openOn(
    {},
    { deliveryTimeout: 400 },
    { spool: { path, mode: mode === 'always' ? 'always' : 'overflow' } },
  );
  await runtime.connect();
  said.pushed = (await send(runtime)) ?? 'ok';
  const records = () => cluster.records('events').length;
  for (let tries = 0; tries < 200 && records() < Number(leftovers) + 1; tries++) await sleep(20);
  said.stored = records();
  said.drainedTold = log.some((line) => line.includes('everything in the spool was delivered'));
  cluster.cutOff();
  said.away = await send(runtime);
  execFileSync('prlimit', ['--pid', String(process.pid), '--fsize=unlimited:unlimited']);
  // It is looked for room each second.
  for (let tries = 0; tries < 60 && said.withRoom !== 'ok'; tries++)
    said.withRoom = (await send(runtime)) ?? 'ok';
  said.waiting = (await readSpool(path)).records;
  said.log = log;
} catch (thrown) {
  said.failed = reasonOf(thrown);
}
console.log(JSON.stringify(said));
process.exit();
