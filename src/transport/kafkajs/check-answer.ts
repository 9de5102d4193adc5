import { AnswerBytes } from '../../protocol/answer-bytes.ts';

/** How an answer is walked through, by its version. */
type Shape = (answer: AnswerBytes, version: number) => void;

const metadata: Shape = (answer, version) => {
  if (version >= 3) answer.skip(4);
  answer.list(() => {
    answer.skip(4);
    answer.string();
    answer.skip(4);
    if (version >= 1) answer.string();
  });
  if (version >= 2) answer.string();
  if (version >= 1) answer.skip(4);
  answer.list(() => {
    answer.skip(2);
    answer.string();
    if (version >= 1) answer.skip(1);
    answer.list(() => {
      answer.skip(10);
      for (let lists = version >= 5 ? 3 : 2; lists > 0; lists--) answer.list(() => answer.skip(4));
    });
  });
};

const describeConfigs: Shape = (answer, version) => {
  answer.skip(4);
  answer.list(() => {
    answer.skip(2);
    answer.string();
    answer.skip(1);
    answer.string();
    answer.list(() => {
      answer.string();
      answer.string();
      answer.skip(3);
      if (version === 0) return;
      answer.list(() => {
        answer.string();
        answer.string();
        answer.skip(1);
      });
    });
  });
};

/** By Kafka's numbers of the requests that kafkajs reads the answers of. */
const shapes: ReadonlyMap<number, Shape> = new Map<number, Shape>([
  [3, metadata],
  // SaslHandshake
  [
    17,
    (answer) => {
      answer.skip(2);
      answer.list(() => answer.string());
    },
  ],
  // ApiVersions; an answer that refuses the version of the request ends here.
  [
    18,
    (answer) => {
      answer.skip(2);
      answer.list(() => answer.skip(6));
    },
  ],
  // CreateTopics
  [
    19,
    (answer, version) => {
      if (version >= 2) answer.skip(4);
      answer.list(() => {
        answer.string();
        answer.skip(2);
        if (version >= 1) answer.string();
      });
    },
  ],
  // InitProducerId
  [22, (answer) => answer.skip(16)],
  [32, describeConfigs],
  // SaslAuthenticate; nothing is read behind an error.
  [
    36,
    (answer, version) => {
      if (answer.int16() !== 0) return void answer.string();
      answer.string();
      const size = answer.int32();
      if (size !== -1) answer.skip(size);
      if (version >= 1) answer.skip(8);
    },
  ],
]);

/**
 * kafkajs believes counts and lengths: it makes an array for whatever a count says, and reads a length of -2 by going back, so
 * that a list can be read without end. So an answer is walked through before.
 * @throws RangeError where the answer ends before what it claims to hold
 */
export function checkAnswer(
  { apiKey, apiVersion }: { readonly apiKey: number; readonly apiVersion: number },
  payload: Buffer,
): void {
  shapes.get(apiKey)?.(new AnswerBytes(payload), apiVersion);
}
