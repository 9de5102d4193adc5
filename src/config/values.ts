import { isTopicName } from '../model/cluster.ts';
import { isBearerToken } from '../model/foreign.ts';
import { z } from 'zod';
import { nearest } from './problems.ts';

/** The kinds of value that settings are made of, each with the sentence a wrong one gets. */

/** A field that may be left out, and one that then has a default: around its kind, and before what describes it. */
export { optional, _default as withDefault } from 'zod';

/** Node fires a timer beyond this at once instead of late. */
export const longestTimer = 2_147_483_647;

export function milliseconds(least: 0 | 1 = 1) {
  return wholeNumber('milliseconds')
    .min(least, `must be ${least} or more`)
    .max(longestTimer, `must be at most ${longestTimer} ms (24 days), the longest time a timer can wait`);
}

export function bytes() {
  return wholeNumber('bytes').min(1, 'must be 1 or more');
}

export function count() {
  return z
    .int({ error: (issue) => `must be a whole number${fromEnvironment(issue.input)}` })
    .min(0, 'must be 0 or more');
}

function wholeNumber(unit: string) {
  return z.int({ error: (issue) => `must be a whole number of ${unit}${fromEnvironment(issue.input)}` });
}

export function flag() {
  return z.boolean({ error: (issue) => `must be true or false${fromEnvironment(issue.input)}` });
}

/** A number in quotes is most often an environment variable, which the user cannot take out of its quotes. */
function fromEnvironment(input: unknown): string {
  return typeof input === 'string' ? ', not text ($env always gives text: write the value itself)' : '';
}

/** Text that is never empty: an unset environment variable is the usual cause. */
export function text(example: string) {
  const wrong = `must be text, for example "${example}"`;
  return z
    .string({ error: (issue) => (issue.input === undefined ? `is missing: write ${wrong.slice(8)}` : wrong) })
    .min(1, `is empty: write text, for example "${example}", or leave it out`);
}

/** A token as it is sent, without the line end of the file that it came from. */
export function bearerToken(example: string) {
  return checked(text(example), tokenProblem).trim();
}

/** What goes out as the value of a header: one line of printable ASCII. */
export function headerText(example: string) {
  return checked(text(example), (value) =>
    /^[\x20-\x7e]*$/.test(value) ? undefined : 'holds a character that no header takes (a line break?)',
  );
}

/** Quotes nothing of it. Clients that refuse such a token do, in errors that are logged. */
function tokenProblem(token: string): string | undefined {
  if (token === '' || isBearerToken(token.trim())) return undefined;
  return 'holds a character that no header takes (a line break?): write the token alone';
}

/** One of a few words. */
export function choice<const T extends readonly [string, ...string[]]>(words: T) {
  const list = words.map((word) => `"${word}"`).join(', ');
  return z.enum(words, {
    error: ({ input }) => {
      if (input === undefined) return `is missing: write one of ${list}`;
      if (typeof input !== 'string') return `must be one of ${list}`;
      const meant = nearest(input, words);
      return `${JSON.stringify(input)} is not one of ${list}${meant === undefined ? '' : `: did you mean "${meant}"?`}`;
    },
  });
}

/**
 * Texts by name.
 * @param problemOf what is wrong with a name. A schema of the names would have its words replaced by those of the whole object.
 */
export function texts(example: string, problemOf: (name: string) => string | undefined) {
  const error = `must be an object of texts, for example ${example}`;
  return z
    .record(z.string(), z.string({ error: 'must be text' }), { error })
    .superRefine((named, context) => {
      for (const name of Object.keys(named)) {
        const message = problemOf(name);
        if (message !== undefined) context.addIssue({ code: 'custom', path: [name], message });
      }
    });
}

/** Of these fields, and no others. */
export function object<Shape extends z.core.$ZodLooseShape>(example: string, shape: Shape) {
  return z.strictObject(shape, { error: `must be an object, for example ${example}` });
}

/**
 * The checks are functions, not patterns, so that walkerOS.json stays without them: `walkeros validate` sees
 * settings before `$env.` references are replaced, and would refuse "$env.KAFKA_BROKER" for having no port.
 */
export function broker() {
  return checked(z.string({ error: 'must be text like "kafka1:9092"' }), brokerProblem);
}

export function topicName() {
  const wrong = 'must be the name of a topic, for example "events"';
  const base = z.string({
    error: (issue) => (issue.input === undefined ? 'is missing: write the name of the topic' : wrong),
  });
  return checked(base, topicProblem);
}

/** A function, too: `walkeros validate` would refuse "$env.TOKEN_ENDPOINT" for having no scheme. */
export function httpAddress(example: string) {
  return checked(text(example), (value) => addressProblem(value, example));
}

/** Quotes nothing: a password may stand in it. */
function addressProblem(value: string, example: string): string | undefined {
  if (value === '') return undefined;
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return `is no address: write it whole, for example "${example}"`;
  }
  if (url.username !== '' || url.password !== '') {
    return 'holds a user name or password ("@"): put those into clientId and clientSecret';
  }
  return undefined;
}

/** With a check of its own, which says what is wrong, or undefined. */
export function checked(base: z.ZodString, problemOf: (value: string) => string | undefined) {
  return base.superRefine((value, context) => {
    const message = problemOf(value);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  });
}

function brokerProblem(broker: string): string | undefined {
  // Nothing of it may be quoted: what stands before the @ is a password.
  if (broker.includes('@')) {
    return 'holds a user name or password ("@"): write host:port and put those into settings.kafka.sasl';
  }
  const quoted = JSON.stringify(broker);
  if (broker.trim() === '') return 'is empty: write host:port, for example "kafka1:9092"';
  if (broker.includes(',')) return `${quoted} holds several brokers: make each one an entry of the list`;
  if (broker.includes('://'))
    return `${quoted} has a scheme: write host:port without "${broker.split('://', 1)[0]}://"`;
  if (/\s/.test(broker)) return `${quoted} holds a space: write host:port`;

  // [::1]:9092, or anything without a colon in it.
  const host = /^(\[[0-9a-fA-F:.%]+\]|[^:[\]/]+)(?::(.*))?$/.exec(broker);
  if (host === null) {
    return /^[0-9a-fA-F:]+$/.test(broker) && broker.split(':').length > 2
      ? `${quoted} is an IPv6 address without brackets: write "[address]:port", for example "[::1]:9092"`
      : `${quoted} is not host:port: write it like "kafka1:9092" or "[::1]:9092"`;
  }
  const [, name = '', port] = host;
  if (port === undefined || port === '') {
    return `${quoted} has no port: write host:port, for example "${name}:9092"`;
  }
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    return `${quoted} has the port "${port}": it must be a number from 1 to 65535`;
  }
  return undefined;
}

/** What in a name breaks `isTopicName`; a broker answers INVALID_TOPIC_EXCEPTION to such a name. */
export function topicProblem(topic: string): string | undefined {
  if (isTopicName(topic)) return undefined;
  if (topic === '') return 'is empty: write the name of the topic';
  if (topic === '.' || topic === '..') return `"${topic}" is no topic name: Kafka reserves "." and ".."`;
  if (topic.length > 249) return `has ${topic.length} characters: Kafka allows 249`;
  return `${JSON.stringify(topic)} is no topic name: Kafka allows letters (a-z, A-Z), digits, ".", "_" and "-"`;
}

export function isFunction(value: unknown): boolean {
  return typeof value === 'function';
}
