import { AnswerBytes } from '../../protocol/answer-bytes.ts';

/** What stands in an answer, one after the other: so many bytes, a text, bytes with their size in front, or a list of such. */
type Part = number | 'string' | 'bytes' | readonly Part[];

/** @param since the part, which only answers from this version on have */
type Shape = (since: (version: number, part: Part) => Part) => readonly Part[];

const saslAuthenticate = 36;

/** By Kafka's numbers of the requests that kafkajs reads the answers of. */
const shapes: Readonly<Record<number, Shape>> = {
  // Metadata
  3: (since) => [
    since(3, 4),
    [4, 'string', 4, since(1, 'string')],
    since(2, 'string'),
    since(1, 4),
    [2, 'string', since(1, 1), [10, [4], [4], since(5, [4])]],
  ],
  // SaslHandshake
  17: () => [2, ['string']],
  // ApiVersions; an answer that refuses the version of the request ends here.
  18: () => [2, [6]],
  // CreateTopics
  19: (since) => [since(2, 4), ['string', 2, since(1, 'string')]],
  // InitProducerId
  22: () => [16],
  // DescribeConfigs
  32: (since) => [4, [2, 'string', 1, 'string', ['string', 'string', 3, since(1, ['string', 'string', 1])]]],
  [saslAuthenticate]: (since) => ['string', 'bytes', since(1, 8)],
};

/**
 * kafkajs believes counts and lengths: it makes an array for whatever a count says, and reads a length of -2 by going back, so
 * that a list can be read without end. So an answer is walked through before.
 * @throws RangeError where the answer ends before what it claims to hold
 */
export function checkAnswer(
  { apiKey, apiVersion }: { readonly apiKey: number; readonly apiVersion: number },
  payload: Buffer,
): void {
  const answer = new AnswerBytes(payload);
  // Nothing is read behind an error.
  if (apiKey === saslAuthenticate && answer.int16() !== 0) return void answer.string();
  const parts = shapes[apiKey]?.((version, part) => (apiVersion >= version ? part : 0));
  walk(answer, parts ?? []);
}

function walk(answer: AnswerBytes, parts: readonly Part[]): void {
  for (const part of parts) {
    if (part === 'string') answer.string();
    else if (part === 'bytes') skipBytes(answer);
    else if (typeof part === 'number') answer.skip(part);
    else answer.list(() => walk(answer, part));
  }
}

/** Without any, their size is -1. */
function skipBytes(answer: AnswerBytes): void {
  const size = answer.int32();
  if (size !== -1) answer.skip(size);
}
