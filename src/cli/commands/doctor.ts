import type { Command } from '../command.ts';
import { diagnose } from '../doctor/diagnosis.ts';
import type { Finding, Report } from '../doctor/report.ts';
import { flowRequest } from '../flow/configured.ts';
import { counted, type Terminal } from '../terminal.ts';
import { printable, printableJson } from '../../model/foreign.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'Says what keeps events from reaching Kafka, and what to type.',
  positionals: ['<flow.json>'],
  options: {
    destination: {
      value: '<id>',
      help: 'Which one, if the file has several; <flow>.<id> if several flows do.',
    },
    json: { help: 'One JSON object instead of lines.' },
  },
  notes: [
    'It looks and changes nothing: no record is written. Environment variables that the file names are read from here, so',
    'run it where the flow runs. Exit code 1 when anything fails, or Ctrl-C ends it; warnings alone leave it 0.',
  ],
  examples: {
    'doctor flow.json': 'From the file to the rights on each topic',
    'doctor flow.json --destination production.kafka --json': 'For another program',
  },
  async run(words, terminal, login) {
    const asJson = words.has('json');
    const printed: Promise<void>[] = [];
    const report = await diagnose({
      ...flowRequest(words, terminal, login),
      signal: terminal.stop,
      onFinding: (finding) => {
        if (!asJson) printed.push(terminal.print(lineOf(finding, terminal)));
      },
    });
    await Promise.all(printed);
    await terminal.print(asJson ? jsonOf(report) : summaryOf(report, terminal));
    return report.well ? 0 : 1;
  },
};

const looks = {
  ok: { style: 'green', word: 'ok' },
  warning: { style: 'yellow', word: 'warning' },
  failure: { style: 'red', word: 'failure' },
} as const;
const statusWidth = 9;
const nameWidth = 10;

function lineOf({ status, name, message, fix }: Finding, terminal: Terminal): string {
  const { style, word } = looks[status];
  const line = `${terminal.paint(style, word)}${' '.repeat(statusWidth - word.length)}${name.padEnd(nameWidth)}${eachLine(message)}`;
  if (fix === undefined) return line;
  return `${line}\n${' '.repeat(statusWidth + nameWidth)}${terminal.paint('bold', `→ ${printable(fix)}`)}`;
}

/** Problems of the settings stand on lines of their own. */
function eachLine(message: string): string {
  return message.split('\n').map(printable).join('\n');
}

function summaryOf({ findings, notChecked }: Report, terminal: Terminal): string {
  const count = (status: Finding['status']) => findings.filter((finding) => finding.status === status).length;
  const parts = [
    `${count('ok')} ok`,
    counted(count('warning'), 'warning'),
    counted(count('failure'), 'failure'),
  ];
  const reasons = [...Map.groupBy(notChecked, ({ reason }) => reason)];
  const skipped = reasons.map(
    ([reason, them]) => `not checked: ${them.map(({ name }) => name).join(', ')} (${reason})`,
  );
  return ['', parts.join(', '), ...skipped.map((line) => terminal.paint('dim', line))].join('\n');
}

function jsonOf({ well, findings, notChecked }: Report): string {
  return printableJson(JSON.stringify({ ok: well, checks: findings, notChecked }, undefined, 2));
}
