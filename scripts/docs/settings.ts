import { schemas } from '../../src/dev.ts';
import { fieldsOf, type Field } from '../../src/config/fields.ts';
import { ruleSettingsSchema, settingsSchema } from '../../src/config/schema.ts';
import { setupSchema } from '../../src/config/setup-schema.ts';
import { table } from './table.ts';

/** The settings tables, from the zod schemas by way of the JSON schemas that walkerOS.json ships. */

/** The parts of a JSON schema that our settings use. */
interface Node {
  title?: string;
  const?: unknown;
  type?: string;
  enum?: unknown[];
  anyOf?: Node[];
  items?: Node;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  required?: string[];
  default?: unknown;
  description?: string;
}

/** README: name, default and the first sentence. */
export function settingsTable(): string {
  const rows = rowsOf(settingsSchema, schemas.settings);
  return table(
    ['Setting', 'Default', 'Meaning'],
    rows.map(({ name, fallback, meaning }) => [name, fallback, firstSentence(meaning)]),
  );
}

/** docs/settings.md: everything. */
export function settingsText(): string {
  const columns = ['Setting', 'Type', 'Default', 'Meaning'];
  const cells = (rows: Row[]) =>
    rows.map(({ name, type, fallback, meaning }) => [name, type, fallback, meaning]);
  return [
    '## `config.settings`',
    table(columns, cells(rowsOf(settingsSchema, schemas.settings))),
    '## `config.mapping.<entity>.<action>.settings`',
    table(columns, cells(rowsOf(ruleSettingsSchema, schemas.mapping))),
    '## `config.setup`',
    'What `walkeros setup destination.<id>` creates. `false`, or leaving it out, does nothing; `true` is refused.',
    table(columns, cells(rowsOf(setupSchema, schemas.setup))),
  ].join('\n\n');
}

interface Row {
  name: string;
  type: string;
  fallback: string;
  meaning: string;
}

function rowsOf(schema: Parameters<typeof fieldsOf>[0], json: object): Row[] {
  return fieldsOf(schema)
    .filter(({ isLeaf }) => isLeaf)
    .map((field) => rowOf(field, json));
}

function rowOf({ path }: Field, json: Node): Row {
  const name = path.at(-1) ?? '';
  const parent = nodeAt(path.slice(0, -1), json);
  const node = parent.properties?.[name] ?? {};
  return {
    name: code(path.join('.')),
    type: typeOf(node),
    fallback: parent.required?.includes(name) ? requiredText(path, json) : fallbackOf(node),
    meaning: node.description ?? '',
  };
}

function typeOf(node: Node): string {
  if (node.title !== undefined) return node.title;
  if (node.const !== undefined) return code(JSON.stringify(node.const));
  if (node.enum) return node.enum.map((value) => code(JSON.stringify(value))).join(' ');
  if (node.anyOf) return node.anyOf.map(typeOf).join(' or ');
  if (node.type === 'array') return code(`${node.items?.type ?? 'unknown'}[]`);
  if (node.type === 'object') {
    const { additionalProperties: values } = node;
    if (typeof values !== 'object') return 'object';
    if (values.type === 'string') return 'object of texts';
    return values.anyOf?.some(({ title }) => title) ? `object of ${typeOf(values)}` : 'object';
  }
  if (node.type === 'integer') return 'whole number';
  return node.type ?? 'function';
}

function fallbackOf(node: Node): string {
  return node.default === undefined ? '–' : code(JSON.stringify(node.default));
}

/** `sasl.mechanism` is required only of those who write `sasl`. */
function requiredText(path: readonly string[], json: Node): string {
  const [holder, ...outer] = path.slice(0, -1).reverse();
  const place = nodeAt(outer.reverse(), json);
  return holder === undefined || place.required?.includes(holder)
    ? '**required**'
    : `required in ${code(holder)}`;
}

function nodeAt(path: readonly string[], json: Node): Node {
  return path.reduce<Node>((node, step) => node.properties?.[step] ?? {}, json);
}

/** `1–249 of …. Next` ends at the first full stop that a capital letter follows. */
function firstSentence(text: string): string {
  return /^.*?\.(?=\s+[`A-Z]|$)/s.exec(text)?.[0] ?? text;
}

function code(text: string): string {
  return `\`${text}\``;
}
