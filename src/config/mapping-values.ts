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

/** Told what is wrong (undefined: nothing), and where below the value that is checked. */
type Report = (say: string | undefined, ...path: (string | number)[]) => void;
type Check = (value: unknown, report: Report) => void;

function below(report: Report, step: string | number): Report {
  return (say, ...path) => report(say, step, ...path);
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
  return checkedWhole<KeySetting>('KeySetting', (value, report) => {
    if (value === '') report(`is empty: write text, for example "${example}", or leave it out`);
    else if (isForm(value)) checkValue(value, report);
    else if (value !== false) report(keyForms(example));
  }).meta({ anyOf: [{ type: 'string' }, { const: false }, jsonOfValue] });
}

export function headerSettings() {
  const header = checkedWhole<HeaderSetting>('HeaderSetting', (value, report) => {
    if (typeof value === 'string') return;
    if (isForm(value)) checkValue(value, report);
    else report('must be text, or a mapping value, for example { "key": "user.id" }');
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
  return checkedWhole<TopicSetting>('TopicSetting', (value, report) => {
    if (value === undefined) report('is missing: write the name of the topic');
    else if (typeof value === 'string') report(topicProblem(value));
    else if (isNamed(value)) checkChoice(value, report);
    else {
      const form = Array.isArray(value) ? `, or ${topicForm.replace('{ "map": … }', '"data.region"')}` : '';
      report(`must be the name of a topic, for example "events"${form}`);
    }
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

function checkChoice(choice: Readonly<Record<string, unknown>>, report: Report): void {
  const { value, topics, prefix } = choice;
  const strangers = Object.keys(choice).filter((name) => !partsOfChoice.includes(name));
  // A mapping value alone would let the event, and with it a visitor, choose any topic of the cluster.
  if (strangers.length > 0 && value === undefined && topics === undefined) {
    const say = `is a mapping value alone, and so could name any topic: declare those it may give, { "value": …, "topics": ["orders-eu", "orders-us"] }`;
    report(say);
    return;
  }
  for (const name of strangers) report(unknownName(name, partsOfChoice), name);
  if (value === undefined)
    report('is missing: write the mapping value that gives the topic, for example "data.region"', 'value');
  else if (isForm(value)) checkValue(value, below(report, 'value'));
  else report('must be a mapping value, for example "data.region"', 'value');
  checkTopics(topics, below(report, 'topics'));
  if (prefix !== undefined) report(prefixProblem(prefix), 'prefix');
}

function checkTopics(topics: unknown, report: Report): void {
  if (!Array.isArray(topics) || topics.length === 0) {
    const problem = topics === undefined ? 'is missing: write' : 'must be';
    report(`${problem} a list of the topics that the value may give, for example ["orders-eu", "orders-us"]`);
    return;
  }
  topics.forEach((topic: unknown, index) => {
    report(typeof topic === 'string' ? topicProblem(topic) : 'must be the name of a topic', index);
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

function checkValue(value: unknown, report: Report): void {
  if (!Array.isArray(value)) checkForm(value, report);
  else if (value.length === 0)
    report('is an empty list: write paths or mapping values, the first found counts');
  else value.forEach((one: unknown, index) => checkForm(one, below(report, index)));
}

function checkForm(form: unknown, report: Report): void {
  if (typeof form === 'string')
    report(form === '' ? 'is empty: write a mapping path, for example "user.id"' : spaceProblem(form));
  else if (!isNamed(form))
    report('must be a mapping path or a mapping value, for example { "key": "user.id" }');
  else if (Object.keys(form).length === 0) report(`is empty: a mapping value has one of ${parts.join(', ')}`);
  else
    for (const [name, part] of Object.entries(form)) {
      if (isPart(name)) checks[name](part, below(report, name));
      else report(unknownName(name, parts), name);
    }
}

/** No property of an event is called so: a key that is never found would be the name of the event, in silence. */
function spaceProblem(path: string): string | undefined {
  if (path === path.trim()) return undefined;
  return `${JSON.stringify(path)} has a space before or after it, so that nothing would be found: write ${JSON.stringify(path.trim())}`;
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
    if (isPart(name) && checks[name] === isFunction) return [name, (): undefined => undefined];
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

const isFunction: Check = (part, report) => {
  if (typeof part !== 'function')
    report('must be a function (in a flow file: "$code:(value, context) => …")');
};
const isList: Check = (part, report) => {
  if (Array.isArray(part)) part.forEach((one: unknown, index) => checkValue(one, below(report, index)));
  else report('must be a list of mapping values');
};

const checks: Readonly<Record<Part, Check>> = {
  key(part, report) {
    if (typeof part === 'string' && part !== '') report(spaceProblem(part));
    else report('must be a mapping path, for example "user.id"');
  },
  value(part, report) {
    if (part === undefined) report('is missing: write the value itself');
  },
  fn: isFunction,
  condition: isFunction,
  validate: isFunction,
  consent(part, report) {
    if (!isNamed(part) || !Object.values(part).every((granted) => typeof granted === 'boolean'))
      report('must be an object of true and false, for example { "marketing": true }');
  },
  map(part, report) {
    if (!isNamed(part)) report('must be an object of mapping values');
    else for (const [name, one] of Object.entries(part)) checkValue(one, below(report, name));
  },
  set: isList,
  loop(part, report) {
    if (Array.isArray(part) && part.length === 2) isList(part, report);
    else report('must be a list of two: what to go through, and the mapping value of each');
  },
};

function unknownName(name: string, known: readonly string[]): string {
  const meant = nearest(name, known);
  return meant === undefined
    ? `unknown: known here are ${known.join(', ')}`
    : `unknown: did you mean "${meant}"?`;
}

/** @param type the name of `Value` in src/record/settings.ts */
function checkedWhole<Value>(type: string, check: Check) {
  return z
    .custom<Value>()
    .superRefine((value, context) => {
      check(value, (say, ...path) => {
        if (say !== undefined) context.addIssue({ code: 'custom', message: say, path });
      });
    })
    .register(typeNames, { type, from: '../record/settings.ts' });
}
