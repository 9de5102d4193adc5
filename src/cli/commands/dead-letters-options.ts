import type { Wanted } from '../dead-letters/wanted.ts';
import type { Arguments, Options } from '../arguments.ts';

/** What both commands about dead letters take. */
export const letterOptions: Options = {
  destination: { value: '<id>', help: 'Which destination of the flow.' },
  topic: { value: '<topic>', help: 'Only those that this topic refused.' },
  code: { value: '<code>', help: 'Only those refused with this code, such as MESSAGE_TOO_LARGE.' },
  key: { value: '<key>', help: 'Only this key.' },
  since: {
    value: '<time>',
    help: 'Only those refused since: 2026-11-23T08:00:00Z, or how long ago: 15m, 6h, 2d.',
  },
};

export function wantedLetters(words: Arguments): Wanted {
  return {
    topic: words.text('topic'),
    code: words.text('code'),
    key: words.text('key'),
    since: words.time('since', Date.now()),
  };
}
