import type { Arguments, Options } from '../arguments.ts';
import type { Command } from '../command.ts';
import { originalOf, valueOf, type DeadLetter, type DeadLetterFilter } from '../dead-letters/dead-letter.ts';
import { deadLetterTopic, listDeadLetters, type Listed } from '../dead-letters/list.ts';
import { configuredDestination, destinationOption, flowRequest } from '../flow/configured.ts';
import { bytesText } from '../reading/show.ts';
import { counted, grouped, jsonLine, type Terminal } from '../terminal.ts';
import { printable } from '../../model/foreign.ts';
import { plural } from '../../model/plural.ts';
import { recordBytes } from '../../model/record.ts';

export const deadLetterOptions: Options = {
  destination: destinationOption,
  topic: { value: '<topic>', help: 'Only those that this topic refused.' },
  code: { value: '<code>', help: 'Only those refused with this code, such as MESSAGE_TOO_LARGE.' },
  key: { value: '<key>', help: 'Only this key.' },
  since: {
    value: '<time>',
    help: 'Only those refused since: 2026-11-23T08:00:00Z, or how long ago: 15m, 6h, 2d.',
  },
};

export function deadLetterFilter(words: Arguments): DeadLetterFilter {
  return {
    topic: words.text('topic'),
    code: words.text('code'),
    key: words.text('key'),
    since: words.time('since', Date.now()),
  };
}

export const deadLettersList: Command = {
  name: 'dead-letters list',
  summary: 'Lists the records that Kafka refused, and why.',
  positionals: ['<flow.json>'],
  options: {
    ...deadLetterOptions,
    all: { help: 'Also those that "resend" has sent already.' },
    limit: { value: '<n>', help: 'Ends after so many.' },
    json: { help: 'One JSON object a line, with the value.' },
  },
  notes: ['The topic is settings.deadLetter.topic of the destination. Oldest first in each partition.'],
  examples: {
    'dead-letters list flow.json': 'What waits to be mended',
    'dead-letters list flow.json --since 1d --json | jq -r .code | sort | uniq -c':
      'Why, and how often, since yesterday',
  },
  async run(words, terminal, login) {
    const configured = await configuredDestination(flowRequest(words, terminal, login));
    const [all, asJson, limit] = [words.has('all'), words.has('json'), words.count('limit') ?? Infinity];
    const counts = { listed: 0, resent: 0, more: false };
    for await (const one of listDeadLetters(configured, deadLetterFilter(words), terminal.stop)) {
      if (one.resent) counts.resent += 1;
      if (one.resent && !all) continue;
      // Only one more shows that the limit has cut something off.
      counts.more = counts.listed === limit;
      if (counts.more) break;
      await terminal.print(asJson ? jsonOf(one) : linesOf(one, terminal));
      counts.listed += 1;
      if (asJson && counts.listed === limit) break;
    }
    const stopped = terminal.stop.aborted;
    const topic = deadLetterTopic(configured);
    if (!asJson)
      await terminal.print(
        stopped
          ? `stopped after ${countOf(counts.listed)} in "${topic}"; there may be more`
          : summaryOf(counts, all, topic),
      );
    return stopped ? 1 : 0;
  },
};

function linesOf({ deadLetter, resent }: Listed, terminal: Terminal): string {
  const { stored, topic, code, message, attempts, time } = deadLetter;
  const head = [
    terminal.paint('dim', `${printable(time)}  ${stored.partition}/${stored.offset}`),
    terminal.paint('red', printable(code)),
    printable(topic),
    `key ${stored.key === null ? '(none)' : printable(bytesText(stored.key))}`,
    stored.value === null ? 'tombstone' : `${bytesOf(deadLetter)} bytes`,
    plural(attempts, 'attempt'),
    ...(resent ? [terminal.paint('green', 're-sent')] : []),
  ];
  return `${head.join('  ')}\n    ${printable(message)}`;
}

/** Of the refused record, as the message counts them. One that cannot be restored has only what is stored. */
function bytesOf(deadLetter: DeadLetter): number {
  const record = originalOf(deadLetter);
  return typeof record === 'string' ? (deadLetter.stored.value?.length ?? 0) : recordBytes(record);
}

function jsonOf({ deadLetter, resent }: Listed): string {
  const { stored, topic, code, message, attempts, time, timestamp } = deadLetter;
  const value = valueOf(deadLetter);
  return jsonLine({
    time,
    topic,
    code,
    message,
    attempts,
    resent,
    partition: stored.partition,
    offset: Number(stored.offset),
    timestamp,
    key: stored.key && bytesText(stored.key),
    // A value that cannot be decompressed is shown as it is stored.
    value: typeof value === 'string' ? stored.value && bytesText(stored.value) : value && bytesText(value),
  });
}

function summaryOf(
  { listed, resent, more }: { listed: number; resent: number; more: boolean },
  all: boolean,
  topic: string,
): string {
  if (more) {
    const first = listed === 1 ? 'dead letter' : countOf(listed);
    return `the first ${first} in "${topic}"; there are more`;
  }
  const hidden = resent > 0 && !all ? ` (${grouped(resent)} re-sent, shown with --all)` : '';
  return `${countOf(listed)} in "${topic}"${hidden}`;
}

const countOf = (count: number): string => counted(count, 'dead letter');
