import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaFolder } from '../../scripts/kafka/version.ts';
import { freePorts } from '../../scripts/kafka/ports.ts';
import { eventually } from './eventually.ts';

const unpacked = join(kafkaFolder, 'prometheus', 'usr', 'bin');
const programOf = (name: string): string => (existsSync(unpacked) ? join(unpacked, name) : name);
export const promtool = programOf('promtool');

/** Why there is none, for tests that need it; false where there is one. */
export const noPrometheus =
  spawnSync(promtool, ['--version']).error !== undefined &&
  'Prometheus is not installed (Debian, Ubuntu: apt-get install --no-install-recommends prometheus)';

interface ActiveAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
}

interface Series {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [seconds: number, value: string])[];
}

/**
 * A real Prometheus with a rules file. It scrapes and evaluates each second. The caller stops it.
 * @param folder of its own
 * @param lookback how long the last sample of a series counts, as Prometheus writes times
 */
export async function startPrometheus(folder: string, target: string, rules: string, lookback: string) {
  const [port = 0] = await freePorts(1);
  writeFileSync(join(folder, 'rules.yml'), rules);
  const config = {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: ['rules.yml'],
    scrape_configs: [{ job_name: 'flow', static_configs: [{ targets: [target] }] }],
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'prometheus.yml'), JSON.stringify(config));
  const child = spawn(
    programOf('prometheus'),
    [
      '--config.file=prometheus.yml',
      '--storage.tsdb.path=data',
      `--web.listen-address=127.0.0.1:${port}`,
      `--query.lookback-delta=${lookback}`,
      '--log.level=warn',
    ],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let said = '';
  child.stderr.on('data', (part) => (said += String(part)));
  const ended = once(child, 'close');

  const ask = async <Data>(path: string, query: Readonly<Record<string, string>> = {}): Promise<Data> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}?${new URLSearchParams(query).toString()}`);
    const { status, error, data } = (await response.json()) as { status: string; error: string; data: Data };
    assert.equal(status, 'success', `${error} ${query.query ?? ''}`);
    return data;
  };
  await eventually(
    'Prometheus is ready',
    async () => {
      assert.equal(child.exitCode, null, said);
      return (await fetch(`http://127.0.0.1:${port}/-/ready`)).ok;
    },
    { timeoutMs: 60_000 },
  );
  return {
    async stop() {
      child.kill();
      await ended;
    },
    alerts: async () => (await ask<{ alerts: ActiveAlert[] }>('/api/v1/alerts')).alerts,
    /** From then on until now, each second. */
    async range(query: string, since: Date): Promise<Series[]> {
      const [start, end] = [since, new Date()].map((date) => String(date.getTime() / 1_000));
      const asked = { query, start: start ?? '', end: end ?? '', step: '1s' };
      return (await ask<{ result: Series[] }>('/api/v1/query_range', asked)).result;
    },
  };
}
