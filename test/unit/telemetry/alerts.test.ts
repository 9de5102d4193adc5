import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { alertRules, alerts, series } from '../../../src/telemetry/alerts.ts';
import { dashboard } from '../../../src/telemetry/dashboard.ts';
import { metrics } from '../../../src/telemetry/metrics.ts';
import { run } from '../../cli/support/run.ts';
import { blocksFor } from '../../support/docs/claims.ts';
import { textOf } from '../../support/docs/pages.ts';
import { noPrometheus, promtool } from '../../support/prometheus.ts';
import { tempFolder } from '../../support/temp.ts';

const of = '{job="flow", instance="one", walkeros_destination_id="kafka"}';
const named = (name: string): string => `${name}${of}`;
const grown = (name: string) => [[named(name), '_x9 3+0x30']] as const;

type Input = readonly (readonly [series: string, values: string])[];

/** For each alert what makes it fire after ten minutes, under the names of either exporter. */
const faults: Record<string, Input> = {
  WalkerosKafkaRejected: grown('walkeros_kafka_rejected_messages_total'),
  WalkerosKafkaDeadLettered: grown('walkeros_kafka_dead_lettered_messages_total'),
  WalkerosKafkaDisconnected: [
    [named('walkeros_kafka_connected'), '1x5 0x30'],
    [named('walkeros_kafka_buffer_limit'), '100x30'],
  ],
  WalkerosKafkaBufferFilling: [
    [named('walkeros_kafka_buffer_usage_bytes'), '60x30'],
    [named('walkeros_kafka_buffer_limit_bytes'), '100x30'],
  ],
  WalkerosKafkaNotAcknowledged: [
    [named('walkeros_kafka_buffer_messages'), '1x30'],
    [named('walkeros_kafka_acknowledgement_age_seconds'), '0+60x30'],
  ],
  WalkerosKafkaSpoolOld: [[named('walkeros_kafka_spool_age'), '0+60x30']],
  WalkerosKafkaSpoolFilling: [
    [named('walkeros_kafka_spool_usage'), '60x30'],
    [named('walkeros_kafka_spool_limit'), '100x30'],
  ],
  WalkerosKafkaSpoolTrouble: grown('walkeros_kafka_spool_failures_total'),
  WalkerosKafkaSchemaFailures: grown('walkeros_kafka_schema_failures_total'),
  WalkerosKafkaSlow: [0.5, 1, '+Inf'].map((le) => [
    `messaging_client_operation_duration_bucket${of.replace('}', `, le="${le}"}`)}`,
    le === 0.5 ? '0x30' : '0+60x30',
  ]),
};

const inputOf = (input: Input) => input.map(([one, values]) => ({ series: one, values }));

function check(folder: string, ...words: string[]): void {
  const { status, stdout, stderr } = spawnSync(promtool, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
}

describe('alert rules', () => {
  it('are known to Prometheus, and fire for their fault alone', { skip: noPrometheus }, () => {
    const folder = tempFolder();
    writeFileSync(join(folder, 'alerts.yml'), alertRules('docs'));
    check(folder, 'check', 'rules', 'alerts.yml');
    const tests = alerts.map(({ name, severity, because, runbook }) => ({
      interval: '1m',
      input_series: inputOf(faults[name] ?? []),
      alert_rule_test: alerts.map((other) => ({
        eval_time: '12m',
        alertname: other.name,
        exp_alerts:
          other.name === name
            ? [
                {
                  exp_labels: { severity, job: 'flow', instance: 'one', walkeros_destination_id: 'kafka' },
                  exp_annotations: {
                    summary: `Kafka destination kafka: ${because.replaceAll('`', '')}`,
                    runbook_url: `docs/${runbook}`,
                  },
                },
              ]
            : [],
      })),
    }));
    writeFileSync(join(folder, 'test.yml'), JSON.stringify({ rule_files: ['alerts.yml'], tests }));
    check(folder, 'test', 'rules', 'test.yml');
  });

  /**
   * Found with a real Prometheus. A flow that began while its topic was missing never fired, since the age of the last
   * acknowledgement is absent before the first; one that was idle for a minute fired if a scrape met its next record under way;
   * and a destination that was closed in a process that goes on, as by a hot swap, was told as disconnected until the process ended.
   */
  for (const [what, input, firing] of [
    [
      'never acknowledged',
      [[named('walkeros_kafka_buffer_messages'), '1x30']],
      ['WalkerosKafkaNotAcknowledged'],
    ],
    [
      'idle, with a record under way at one scrape',
      [
        [named('walkeros_kafka_buffer_messages'), '0x11 1 0x18'],
        [named('walkeros_kafka_acknowledgement_age'), '0+60x11 720 0+60x18'],
      ],
      [],
    ],
    [
      'closed',
      [
        [named('walkeros_kafka_connected'), '1x5 0x30'],
        [named('walkeros_kafka_buffer_limit'), '100x5 0x30'],
      ],
      [],
    ],
  ] as const satisfies readonly (readonly [string, Input, readonly string[]])[])
    it(`${what}: ${firing.join(', ') || 'none'}`, { skip: noPrometheus }, () => {
      const folder = tempFolder();
      writeFileSync(join(folder, 'alerts.yml'), alertRules('docs'));
      const test = {
        interval: '1m',
        input_series: inputOf(input),
        promql_expr_test: [
          {
            expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
            eval_time: '12m',
            exp_samples: firing.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
          },
        ],
      };
      writeFileSync(join(folder, 'test.yml'), JSON.stringify({ rule_files: ['alerts.yml'], tests: [test] }));
      check(folder, 'test', 'rules', 'test.yml');
    });

  it('lead to a page and a heading that there is', () => {
    assert.deepEqual(
      Object.keys(faults),
      alerts.map(({ name }) => name),
    );
    for (const { runbook } of alerts) {
      const [page = '', anchor] = runbook.split('#');
      const headings = [...textOf(`docs/${page}`).matchAll(/^## (.*)$/gm)].map(([, heading = '']) =>
        heading.toLowerCase().replaceAll(' ', '-'),
      );
      assert.ok(anchor === undefined || headings.includes(anchor), runbook);
    }
  });
});

it('the commands of the guide write the rules and the dashboard', async () => {
  const folder = tempFolder();
  const lines = blocksFor(import.meta.filename).flatMap(({ text }) => text.trim().split('\n'));
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const words = line.split(' ').slice(2);
    assert.deepEqual(await run([...words.slice(0, -1), join(folder, words.at(-1) ?? '')]), {
      code: 0,
      lines: [],
      notes: [],
    });
  }
  assert.equal(readFileSync(join(folder, 'kafka-alerts.yml'), 'utf8'), alertRules('docs'));
  assert.equal(readFileSync(join(folder, 'kafka-dashboard.json'), 'utf8'), dashboard());
  const printed = await run(['alerts', '--runbooks', 'https://wiki.example.com/kafka']);
  assert.match(
    printed.lines.join('\n'),
    /runbook_url: "https:\/\/wiki\.example\.com\/kafka\/troubleshooting\.md#sending"/,
  );
  assert.equal((await run(['alerts', '--out', join(folder, 'nowhere', 'a.yml')])).code, 2);
});

/** A counter comes with its first count: its rate never shows that one, which was most often the only one. */
it('the dashboard shows what happened once', { skip: noPrometheus }, () => {
  const folder = tempFolder();
  const { panels } = JSON.parse(dashboard()) as { panels: { targets: { expr: string }[] }[] };
  const [expr = ''] = panels
    .flatMap(({ targets }) => targets.map((target) => target.expr.replaceAll('$__rate_interval', '4m')))
    .filter((text) => text.includes('dead_lettered'));
  const labels = 'job="flow", instance="one", walkeros_destination_id="kafka", error_type="INVALID_RECORD"';
  const test = {
    interval: '1m',
    input_series: [
      { series: `walkeros_kafka_dead_lettered_messages_total{${labels}}`, values: '_x9 3+0x20' },
    ],
    promql_expr_test: [11, 20].map((minute) => ({
      expr,
      eval_time: `${minute}m`,
      exp_samples: [{ labels: `{${labels}}`, value: minute === 11 ? 3 : 0 }],
    })),
  };
  writeFileSync(join(folder, 'test.yml'), JSON.stringify({ rule_files: [], tests: [test] }));
  check(folder, 'test', 'rules', 'test.yml');
});

it('the dashboard shows every metric', () => {
  const board = dashboard();
  const quoted = (text: string): string => JSON.stringify(text).slice(1, -1);
  const missing = (Object.keys(metrics) as (keyof typeof metrics)[]).filter(
    (metric) =>
      !board.includes(quoted(series(metric, metrics[metric].kind === 'histogram' ? '_bucket' : ''))),
  );
  assert.deepEqual(missing, []);
});
