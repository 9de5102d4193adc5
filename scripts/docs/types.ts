import { z } from 'zod';
import { innerOf, shapeOf, typeNames } from '../../src/config/fields.ts';
import { registryFields, registryOAuth } from '../../src/config/registry-schema.ts';
import { ruleSettingsSchema, settingsSchema } from '../../src/config/schema.ts';
import { kafkaOAuth } from '../../src/config/security-schema.ts';
import { setupSchema } from '../../src/config/setup-schema.ts';
import { ruleValueSchema, valueSchema } from '../../src/config/value-schema.ts';

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

interface Shared {
  readonly name: string;
  readonly about: string;
  readonly schema: z.core.$ZodType;
  /** One that has the same, but for some properties. */
  readonly base?: Omit<Shared, 'about'>;
}

const ruleValue = { name: 'RuleValue', schema: ruleValueSchema };
const oauthClient = { name: 'OAuthClient', schema: registryOAuth };

/** What stands in several places of those, by the name in `typeNames`. */
const shared: readonly Shared[] = [
  { ...ruleValue, about: 'What a mapping rule says of how values are written.' },
  { name: 'Value', about: 'How values are written.', schema: valueSchema, base: ruleValue },
  { name: 'RegistryAuth', about: 'How to log in at a Schema Registry.', schema: registryFields.auth },
  { ...oauthClient, about: 'Client credentials of OAuth 2.' },
  {
    name: 'KafkaOAuthClient',
    about: 'Client credentials of OAuth 2, for the login at brokers.',
    schema: kafkaOAuth,
    base: oauthClient,
  },
];

/**
 * src/config/settings.ts: the settings as users write them. The types that zod infers have no comments; these have the
 * description and the default of each setting, for editors. test/unit/config/types.test.ts holds both to be the same types.
 */
export function typesText(): string {
  const imports: Imports = new Map();
  const types = exported.map(
    ({ name, about, schema }) => `/** ${about} */\nexport type ${name} = ${typeOf(schema, imports)};`,
  );
  const parts = shared.map(({ name, about, schema, base }) =>
    base
      ? `/** ${about} */\ninterface ${name} extends ${base.name} ${differences(schema, base.schema, imports)}`
      : `/** ${about} */\ntype ${name} = ${typeOf(schema, imports, name)};`,
  );
  const origin =
    '// Written by `npm run docs` from the schemas of this folder: change those, and not this file.';
  const lines = [...imports].map(
    ([from, names]) => `import type { ${[...names].sort().join(', ')} } from '${from}';`,
  );
  return [origin, lines.sort().join('\n'), ...types, ...parts].join('\n\n');
}

/** Names of types, by their module. */
type Imports = Map<string, Set<string>>;

/** What a schema takes, in TypeScript. @param declared the name of the type that is being declared */
function typeOf(schema: z.core.$ZodType, imports: Imports, declared?: string): string {
  const named = typeNames.get(schema);
  if (named && named.type !== declared) {
    const { type, from } = named;
    if (from !== undefined) imports.set(from, (imports.get(from) ?? new Set()).add(type));
    return type;
  }
  const inner = innerOf(schema);
  if (inner) return typeOf(inner, imports, declared);
  const of = (part: z.core.$ZodType): string => typeOf(part, imports);
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
  return `{\n${Object.entries(shape)
    .map(([name, schema]) => memberOf(name, schema, of))
    .join('\n')}\n}`;
}

function memberOf(name: string, schema: z.core.$ZodType, of: (schema: z.core.$ZodType) => string): string {
  return `${commentOf(schema)}${JSON.stringify(name)}${schema._zod.optin ? `?: ${of(schema)} | undefined` : `: ${of(schema)}`};`;
}

/** The properties that one object does not have like another with the same names. */
function differences(schema: z.core.$ZodType, base: z.core.$ZodType, imports: Imports): string {
  const of = (part: z.core.$ZodType): string => typeOf(part, imports);
  const known = objectOf(shapeOf(base) ?? {}, of);
  const own = Object.entries(shapeOf(schema) ?? {}).filter(
    ([name, one]) => !known.includes(memberOf(name, one, of)),
  );
  return objectOf(Object.fromEntries(own), of);
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
