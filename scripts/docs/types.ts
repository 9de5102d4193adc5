import { z } from 'zod';
import { innerOf, typeNames } from '../../src/config/fields.ts';
import { ruleSettingsSchema, settingsSchema } from '../../src/config/schema.ts';
import { setupSchema } from '../../src/config/setup-schema.ts';

const exported = [
  {
    name: 'Settings',
    about: '`config.settings` as users write it: only `kafka.brokers` and `kafka.topic` are required.',
    schema: settingsSchema,
  },
  {
    name: 'RuleSettings',
    about: '`config.mapping.<entity>.<action>.settings` as users write it: what differs for these events.',
    schema: ruleSettingsSchema,
  },
  {
    name: 'Setup',
    about:
      '`config.setup` as users write it, for `walkeros setup`; `true` is refused, since there is no safe default.',
    schema: setupSchema,
  },
];

/**
 * src/config/settings.ts: the settings as users write them. The types that zod infers have no comments; these have the
 * description and the default of each setting, for editors. test/unit/config/types.test.ts holds both to be the same types.
 */
export function typesText(): string {
  const imports = new Set<string>();
  const types = exported.map(
    ({ name, about, schema }) => `/** ${about} */\nexport type ${name} = ${typeOf(schema, imports)};`,
  );
  const origin =
    '// Written by `npm run docs` from the schemas of this folder: change those, and not this file.';
  return [origin, [...imports].sort().join('\n'), ...types].join('\n\n');
}

/** What a schema takes, in TypeScript. */
function typeOf(schema: z.core.$ZodType, imports: Set<string>): string {
  const named = typeNames.get(schema);
  if (named) {
    imports.add(`import type { ${named.type.split('.', 1)[0] ?? ''} } from '${named.from}';`);
    return named.type;
  }
  const of = (part: z.core.$ZodType): string => typeOf(part, imports);
  const inner = innerOf(schema);
  if (inner) return of(inner);
  if (schema instanceof z.ZodObject) return objectOf(schema.shape, of);
  if (schema instanceof z.ZodRecord) return `Record<${of(schema.keyType)}, ${of(schema.valueType)}>`;
  if (schema instanceof z.ZodArray) return `(${of(schema.element)})[]`;
  if (schema instanceof z.ZodUnion) return schema.options.map(of).join(' | ');
  if (schema instanceof z.ZodEnum) return schema.options.map((word) => JSON.stringify(word)).join(' | ');
  if (schema instanceof z.ZodLiteral)
    return [...schema.values].map((value) => JSON.stringify(value)).join(' | ');
  const { type } = schema._zod.def;
  const simple = ['string', 'number', 'boolean', 'unknown'].find((name) => name === type);
  if (simple) return simple;
  throw new Error(
    `scripts/docs/types.ts cannot write a schema of the type ${type}: .register(typeNames, …) says its name`,
  );
}

/** As zod infers it, an optional property may also be `undefined`. */
function objectOf(
  shape: Readonly<Record<string, z.core.$ZodType>>,
  of: (schema: z.core.$ZodType) => string,
): string {
  const members = Object.entries(shape).map(
    ([name, schema]) =>
      `${commentOf(schema)}${JSON.stringify(name)}${schema._zod.optin ? `?: ${of(schema)} | undefined` : `: ${of(schema)}`};`,
  );
  return `{\n${members.join('\n')}\n}`;
}

/** The description, and the default where it is a value. */
function commentOf(schema: z.core.$ZodType): string {
  const layers: z.core.$ZodType[] = [];
  for (let layer: z.core.$ZodType | undefined = schema; layer; layer = innerOf(layer)) layers.push(layer);
  const description = layers.map((layer) => z.globalRegistry.get(layer)?.description).find((text) => text);
  const fallback = layers.find((layer) => layer instanceof z.ZodDefault)?.def.defaultValue;
  const lines = [
    ...wrapped(description ?? ''),
    ...(fallback === undefined ? [] : [`@default ${JSON.stringify(fallback)}`]),
  ];
  return lines.length === 1
    ? `/** ${lines[0]} */\n`
    : `/**\n${lines.map((line) => ` * ${line}\n`).join('')} */\n`;
}

/** As wide as the other comments of src. */
function wrapped(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll('*/', '*\\/').split(' ')) {
    const last = lines.at(-1);
    if (last === undefined || last.length + word.length > 110) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines;
}
