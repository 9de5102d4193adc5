import { z } from 'zod';
import { isNamed } from '../model/foreign.ts';
import type { HeaderSetting, KeySetting, TopicSetting } from '../record/settings.ts';
import { codePrefix, runCode } from './code.ts';
import { typeNames } from './fields.ts';
import { nearest } from './problems.ts';
import { topicProblem } from './values.ts';

/**
 * Settings that walkerOS' mapping values may fill from the event. Each is checked as a whole, since the message of a union
 * would not say what is wrong with it.
 */

interface Fault {
  readonly path: readonly (string | number)[];
  readonly say: string;
}

/** A header of a flow has one of these only if its setting says so, and each costs every record its bytes. */
const mostMappedHeaders = 64;

const parts = ['key', 'value', 'fn', 'map', 'loop', 'set', 'condition', 'consent', 'validate'] as const;
type Part = (typeof parts)[number];

const lists = { type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'object' }] } };
const jsonOfParts = Object.fromEntries(
  parts.map((part): [Part, object] => {
    if (part === 'key') return [part, { type: 'string' }];
    if (part === 'map' || part === 'consent') return [part, { type: 'object' }];
    return [part, part === 'loop' || part === 'set' ? { type: 'array' } : {}];
  }),
);
/** Without the text form, which is something else in each setting. */
const jsonOfValue = {
  title: 'mapping value',
  anyOf: [{ type: 'object', properties: jsonOfParts, additionalProperties: false }, lists],
};

const keyForms = (example: string): string =>
  `must be a mapping path, for example "${example}", false (no key), or a mapping value, for example { "key": "${example}" }`;

export function keySetting(example: string) {
  return checkedWhole<KeySetting>('KeySetting', (value) => {
    if (value === false) return [];
    if (value === '') return [fault(`is empty: write text, for example "${example}", or leave it out`)];
    return isForm(value) ? valueFaults(value) : [fault(keyForms(example))];
  }).meta({ anyOf: [{ type: 'string' }, { const: false }, jsonOfValue] });
}

export function headerSettings() {
  const header = checkedWhole<HeaderSetting>('HeaderSetting', (value) => {
    if (typeof value === 'string') return [];
    return isForm(value)
      ? valueFaults(value)
      : [fault('must be text, or a mapping value, for example { "key": "user.id" }')];
  }).meta({ anyOf: [{ type: 'string' }, jsonOfValue] });
  return z
    .record(z.string(), header, { error: 'must be an object of texts, for example { "team": "web" }' })
    .superRefine((headers, context) => {
      const mapped = Object.values(headers).filter((value) => typeof value !== 'string').length;
      if (mapped > mostMappedHeaders) {
        const message = `has ${mapped} mapping values: at most ${mostMappedHeaders} headers can come from the event`;
        context.addIssue({ code: 'custom', message });
      }
    });
}

const topicForm = '{ "value": { "map": … }, "topics": ["orders-eu", "orders-us"] }';

export function topicSetting() {
  return checkedWhole<TopicSetting>('TopicSetting', (value) => {
    if (value === undefined) return [fault('is missing: write the name of the topic')];
    if (typeof value === 'string') return faultsOf(topicProblem(value));
    if (!isNamed(value)) {
      const form = Array.isArray(value) ? `, or ${topicForm.replace('{ "map": … }', '"data.region"')}` : '';
      return [fault(`must be the name of a topic, for example "events"${form}`)];
    }
    return choiceFaults(value);
  }).meta({
    anyOf: [
      { type: 'string' },
      {
        type: 'object',
        properties: {
          value: { anyOf: [{ type: 'string' }, jsonOfValue] },
          topics: { type: 'array', items: { type: 'string' }, minItems: 1 },
          prefix: { type: 'string' },
        },
        required: ['value', 'topics'],
        additionalProperties: false,
      },
    ],
  });
}

const partsOfChoice = ['value', 'topics', 'prefix'];

function choiceFaults(choice: Readonly<Record<string, unknown>>): Fault[] {
  const { value, topics, prefix } = choice;
  const strangers = Object.keys(choice).filter((name) => !partsOfChoice.includes(name));
  // A mapping value alone would let the event, and with it a visitor, choose any topic of the cluster.
  if (strangers.length > 0 && value === undefined && topics === undefined) {
    const say = `is a mapping value alone, and so could name any topic: declare those it may give, { "value": …, "topics": ["orders-eu", "orders-us"] }`;
    return [fault(say)];
  }
  return [
    ...strangers.map((name) => at(name, unknownName(name, partsOfChoice))),
    ...(value === undefined
      ? [at('value', 'is missing: write the mapping value that gives the topic, for example "data.region"')]
      : isForm(value)
        ? valueFaults(value).map((inner) => below('value', inner))
        : [at('value', 'must be a mapping value, for example "data.region"')]),
    ...topicsFaults(topics),
    ...(prefix === undefined ? [] : faultsOf(prefixProblem(prefix)).map((inner) => below('prefix', inner))),
  ];
}

function topicsFaults(topics: unknown): Fault[] {
  if (!Array.isArray(topics) || topics.length === 0) {
    const problem = topics === undefined ? 'is missing: write' : 'must be';
    return [
      at(
        'topics',
        `${problem} a list of the topics that the value may give, for example ["orders-eu", "orders-us"]`,
      ),
    ];
  }
  return topics.flatMap((topic: unknown, index) => {
    const problem = typeof topic === 'string' ? topicProblem(topic) : 'must be the name of a topic';
    return faultsOf(problem).map((inner) => below('topics', below(index, inner)));
  });
}

function prefixProblem(prefix: unknown): string | undefined {
  if (typeof prefix !== 'string') return 'must be text, for example "orders-"';
  if (prefix === '') return 'is empty, and so would allow every topic: write text, for example "orders-"';
  // What begins with a dot may still be the beginning of a name.
  return topicProblem(`${prefix}x`);
}

/** Whether it looks like a mapping value at all. */
function isForm(value: unknown): boolean {
  return typeof value === 'string' || isNamed(value) || Array.isArray(value);
}

function valueFaults(value: unknown): Fault[] {
  if (!Array.isArray(value)) return formFaults(value);
  if (value.length === 0)
    return [fault('is an empty list: write paths or mapping values, the first found counts')];
  return value.flatMap((one: unknown, index) => formFaults(one).map((inner) => below(index, inner)));
}

function formFaults(form: unknown): Fault[] {
  if (typeof form === 'string')
    return form === '' ? [fault('is empty: write a mapping path, for example "user.id"')] : spaceFaults(form);
  if (!isNamed(form))
    return [fault('must be a mapping path or a mapping value, for example { "key": "user.id" }')];
  const names = Object.keys(form);
  if (names.length === 0) return [fault(`is empty: a mapping value has one of ${parts.join(', ')}`)];
  return names.flatMap((name) =>
    isPart(name)
      ? partFaults[name](form[name]).map((inner) => below(name, inner))
      : [at(name, unknownName(name, parts))],
  );
}

/** No property of an event is called so: a key that is never found would be the name of the event, in silence. */
function spaceFaults(path: string): Fault[] {
  const say = `${JSON.stringify(path)} has a space before or after it, so that nothing would be found: write ${JSON.stringify(path.trim())}`;
  return path === path.trim() ? [] : [fault(say)];
}

function isPart(name: string): name is Part {
  return (parts as readonly string[]).includes(name);
}

/**
 * Settings as `walkeros setup` gives them, which reads the flow file without running its code: each function is text then, and no
 * function would be a fault. Those of mapping values are not needed; those of a login are run once it needs them.
 */
export function withCodeNotRun<Value>(settings: Value): Value {
  if (Array.isArray(settings)) return settings.map((one: unknown) => withCodeNotRun(one)) as unknown as Value;
  if (!isPlain(settings)) return settings;
  const entries = Object.entries(settings).map(([name, inner]) => {
    if (typeof inner !== 'string' || !inner.startsWith(codePrefix)) return [name, withCodeNotRun(inner)];
    if (isPart(name) && partFaults[name] === isFunction) return [name, (): undefined => undefined];
    return [name, ofLogin.has(name) ? runLater(inner, name) : inner];
  });
  return Object.fromEntries(entries) as Value;
}

const ofLogin: ReadonlySet<string> = new Set(['oauthBearerProvider', 'credentials']);

const runLater = (text: string, name: string) => (): unknown => {
  const provide = runCode(text, name);
  return typeof provide === 'function' ? (provide as () => unknown)() : undefined;
};

/** Certificates and secrets are objects of classes, and stay what they are. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return isNamed(value) && Object.getPrototypeOf(value) === Object.prototype;
}

const isFunction = (part: unknown): Fault[] =>
  typeof part === 'function'
    ? []
    : [fault('must be a function (in a flow file: "$code:(value, context) => …")')];
const isList = (part: unknown): Fault[] =>
  Array.isArray(part)
    ? part.flatMap((one: unknown, index) => valueFaults(one).map((inner) => below(index, inner)))
    : [fault('must be a list of mapping values')];

const partFaults: Readonly<Record<Part, (part: unknown) => Fault[]>> = {
  key: (part) =>
    typeof part === 'string' && part !== ''
      ? spaceFaults(part)
      : [fault('must be a mapping path, for example "user.id"')],
  value: (part) => (part === undefined ? [fault('is missing: write the value itself')] : []),
  fn: isFunction,
  condition: isFunction,
  validate: isFunction,
  consent: (part) =>
    isNamed(part) && Object.values(part).every((granted) => typeof granted === 'boolean')
      ? []
      : [fault('must be an object of true and false, for example { "marketing": true }')],
  map: (part) =>
    isNamed(part)
      ? Object.entries(part).flatMap(([name, one]) => valueFaults(one).map((inner) => below(name, inner)))
      : [fault('must be an object of mapping values')],
  set: isList,
  loop: (part) =>
    Array.isArray(part) && part.length === 2
      ? isList(part)
      : [fault('must be a list of two: what to go through, and the mapping value of each')],
};

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined
    ? `unknown: known here are ${known.join(', ')}`
    : `unknown: did you mean "${meant}"?`;
}

const fault = (say: string): Fault => ({ path: [], say });
const at = (step: string, say: string): Fault => ({ path: [step], say });
const below = (step: string | number, { path, say }: Fault): Fault => ({ path: [step, ...path], say });
const faultsOf = (say: string | undefined): Fault[] => (say === undefined ? [] : [fault(say)]);

/** @param type the name of `Value` in src/record/settings.ts */
function checkedWhole<Value>(type: string, faults: (value: unknown) => readonly Fault[]) {
  return z
    .custom<Value>()
    .superRefine((value, context) => {
      for (const { path, say } of faults(value)) {
        context.addIssue({ code: 'custom', message: say, path: [...path] });
      }
    })
    .register(typeNames, { type, from: '../record/settings.ts' });
}
