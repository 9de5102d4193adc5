import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { findJava, findMaven, javaPath } from '../kafka/java.ts';
import { freePorts } from '../kafka/ports.ts';
import type { Progress } from '../kafka/progress.ts';
import { Watchdog } from '../kafka/watchdog.ts';
import { fetchRegistry, haveRegistry, registryJar } from './archive.ts';

export interface RunningRegistry {
  /** The root of Confluent's API. */
  readonly url: string;
  /** SIGKILL, at once. */
  stop(): Promise<void>;
}

const startTimeoutMs = 120_000;
const jvmFlags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Why there can be no registry on this machine; undefined where there can. */
export async function registryMissing(): Promise<string | undefined> {
  const java = await findJava();
  if ('missing' in java) return java.missing;
  return haveRegistry() || (await findMaven()) ? undefined : 'no mvn on the PATH to bring the registry with';
}

/** A schema registry of one's own, empty, in memory. It ends with this process at the latest. */
export async function startRegistry(onProgress?: Progress): Promise<RunningRegistry> {
  const java = await javaPath();
  await fetchRegistry(onProgress);
  const [port = 0] = await freePorts(1);
  const folder = mkdtempSync(join(tmpdir(), 'registry-'));
  const log = join(folder, 'registry.log');
  const fd = openSync(log, 'a');
  const properties = [`-Dquarkus.http.port=${port}`, '-Dquarkus.http.host=127.0.0.1'];
  const child = spawn(java, [...jvmFlags, ...properties, '-jar', registryJar], {
    cwd: folder,
    detached: true,
    stdio: ['ignore', fd, fd],
    // Otherwise schemas that differ in white space only are different ones, unlike at Confluent's.
    env: { ...process.env, ENABLE_CCOMPAT_CANONICAL_HASH_MODE: 'true' },
  });
  closeSync(fd);
  child.unref();
  const { pid = 0 } = child;
  const watchdog = new Watchdog();
  watchdog.onDeath(`kill -s KILL -- -${pid}; rm -rf '${folder}'`);
  let ended = false;
  const exit = new Promise<void>((resolve) => {
    const end = (): void => {
      ended = true;
      resolve();
    };
    child.once('exit', end).once('error', end);
  });
  const stop = async (): Promise<void> => {
    if (!ended) {
      child.ref();
      process.kill(-pid, 'SIGKILL');
    }
    await exit;
    watchdog.release();
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}/apis/ccompat/v7`;
  try {
    await untilReady(url, () => (ended ? readFileSync(log, 'utf8').trim().slice(-3000) : undefined));
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

async function untilReady(url: string, lastWords: () => string | undefined): Promise<void> {
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(200)) {
    const words = lastWords();
    if (words !== undefined) throw new Error(`The schema registry ended while starting:\n${words}`);
    const ready = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5000) }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return;
  }
  throw new Error(`The schema registry at ${url} was not ready after ${startTimeoutMs} ms`);
}
