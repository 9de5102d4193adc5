import { writeFile } from 'node:fs/promises';
import { reasonOf } from '../../model/errors.ts';
import { alertRules } from '../../telemetry/alerts.ts';
import { dashboard } from '../../telemetry/dashboard.ts';
import { UsageError, type Arguments } from '../arguments.ts';
import type { Command } from '../command.ts';
import type { Terminal } from '../terminal.ts';

const out = { value: '<file>', help: 'Writes this file. Default: to the standard output.' };

export const alertsCommand: Command = {
  name: 'alerts',
  summary: 'Writes alert rules for Prometheus.',
  positionals: [],
  options: {
    out,
    runbooks: {
      value: '<address>',
      help: 'Where the guides of docs/ are, for runbook_url. Default: docs, the folder of the package.',
    },
  },
  examples: {
    'alerts --out kafka-alerts.yml': 'A file for rule_files of prometheus.yml',
    'alerts | promtool check rules': 'Only a look',
  },
  run: (words, terminal) => write(words, terminal, alertRules(words.text('runbooks') ?? 'docs')),
};

export const dashboardCommand: Command = {
  name: 'dashboard',
  summary: 'Writes a dashboard for Grafana.',
  positionals: [],
  options: { out },
  examples: { 'dashboard --out kafka-dashboard.json': 'A file to import' },
  run: (words, terminal) => write(words, terminal, dashboard()),
};

async function write(words: Arguments, terminal: Terminal, text: string): Promise<number> {
  const file = words.text('out');
  if (file === undefined) await terminal.print(text.trimEnd());
  else
    await writeFile(file, text).catch((thrown: unknown) => {
      throw new UsageError(`--out cannot be written: ${reasonOf(thrown)}`);
    });
  return 0;
}
