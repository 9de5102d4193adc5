import type { ConnectionOptions } from 'node:tls';
import { z } from 'zod';
import { compatibilities, schemaTypes } from '../vocabulary/schema.ts';
import { choice, flag, milliseconds, text, topicName } from './values.ts';

/** The single truth of `config.setup`, as schema.ts is of `config.settings`. */

function counted(what: { most: number; example: number; harm: string }) {
  return z
    .int({
      error: ({ input }) =>
        input === undefined
          ? `is missing, and there is no safe default: ${what.harm}; write a whole number, for example ${what.example}`
          : `must be a whole number${typeof input === 'string' ? ', not text ($env always gives text: write the value itself)' : ''}`,
    })
    .min(1, 'must be 1 or more')
    .max(what.most, `must be at most ${what.most}`);
}

const numPartitions = () =>
  counted({
    most: 2_147_483_647,
    example: 6,
    harm: 'it bounds how many consumers can share the topic, and to raise it later moves keys to other partitions',
  });

const replicationFactor = () =>
  counted({
    most: 32_767,
    example: 3,
    harm: 'it decides how many brokers may be lost before events are, and 1 means none',
  });

const configEntries = z
  .record(
    z.string(),
    z
      .union([z.string(), z.number(), z.boolean()], { error: 'must be text, a number, true or false' })
      .transform(String),
    { error: 'must be an object, for example { "retention.ms": "604800000" }' },
  )
  .describe('Settings of the topic, by Kafka\'s names, such as `{ "retention.ms": "604800000" }`.');

const topics = z
  .record(
    topicName(),
    z.strictObject(
      {
        numPartitions: numPartitions().optional(),
        replicationFactor: replicationFactor().optional(),
        configEntries: configEntries.optional(),
      },
      { error: 'must be an object, for example { "numPartitions": 6 }, or {} to take everything from above' },
    ),
    {
      error: (issue) =>
        issue.code === 'invalid_key'
          ? issue.issues.map(({ message }) => message).join(', ')
          : 'must be an object of topics by name, for example { "orders": { "numPartitions": 6 } }',
    },
  )
  .describe(
    'More topics to provision, by name: those that mapping rules and `deadLetter` point at. Each takes `numPartitions`, ' +
      '`replicationFactor` and `configEntries` of its own; what it leaves out is as above.',
  );

const url = text('https://registry:8081').superRefine((value, context) => {
  const message = urlProblem(value);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const auth = z
  .strictObject(
    {
      username: text('walkeros').optional().describe('User name (or API key), with `password`.'),
      password: text('$env.REGISTRY_PASSWORD').optional().describe('Password (or API secret). Never logged.'),
      token: text('$env.REGISTRY_TOKEN').optional().describe('A bearer token instead of both. Never logged.'),
    },
    { error: 'must be an object, for example { "username": "…", "password": "…" }' },
  )
  .superRefine(({ username, password, token }, context) => {
    const message = authProblem(username !== undefined, password !== undefined, token !== undefined);
    if (message !== undefined) context.addIssue({ code: 'custom', message });
  })
  .describe('How to log in at the registry.');

const tlsOptions = z
  .custom<ConnectionOptions>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    {
      error: 'must be an object of tls.ConnectionOptions, for example { "ca": "-----BEGIN …" }',
    },
  )
  .meta({ type: 'object', additionalProperties: true })
  .describe(
    "Node's `tls.ConnectionOptions` for `https`, such as an own `ca` or a client certificate, PEM as text.",
  );

const schemaRegistry = z
  .strictObject(
    {
      url: z
        .union([url, z.array(url).min(1, 'is empty: write at least one URL')], {
          error: (issue) => unionMessage(issue),
        })
        .describe(
          'Where the Schema Registry is; several are tried in turn. For Apicurio with `/apis/ccompat/v7`.',
        ),
      subject: text('events-value').describe(
        'Subject to register under; by convention the topic with `-value`.',
      ),
      schemaType: choice(schemaTypes).describe('Format of the schema.'),
      schema: z
        .union(
          [z.string().min(1), z.record(z.string(), z.unknown()).transform((value) => JSON.stringify(value))],
          {
            error: ({ input }) =>
              input === undefined
                ? 'is missing: write the schema, as text or (AVRO, JSON) as an object'
                : 'must be the schema, as text or (AVRO, JSON) as an object, and not empty',
          },
        )
        .describe('The schema itself, as text; an Avro or JSON schema may be an object.'),
      compatibility: choice(compatibilities)
        .optional()
        .describe(
          'What later versions must stay compatible with. Set on the subject after registration; without it the ' +
            "registry's own level holds.",
        ),
      auth: auth.optional(),
      ssl: tlsOptions.optional(),
      timeout: milliseconds().default(10_000).describe('Longest wait for one answer of the registry, in ms.'),
    },
    {
      error:
        'must be an object, for example { "url": "https://registry:8081", "subject": "events-value", "schemaType": "AVRO", "schema": { … } }',
    },
  )
  .describe('A schema to register at a Confluent Schema Registry, or one with its API.');

export const setupSchema = z.strictObject(
  {
    topic: topicName().optional().describe('Topic to create. Default: `settings.kafka.topic`.'),
    numPartitions: numPartitions().describe(
      'Partitions: the most consumers that can share the topic. No safe default: to raise it later moves keys.',
    ),
    replicationFactor: replicationFactor().describe(
      'Copies of each partition, on as many brokers. No safe default: with `1` a lost broker loses events; 3 is usual.',
    ),
    configEntries: configEntries.optional(),
    topics: topics.optional(),
    schemaRegistry: schemaRegistry.optional(),
    validateOnly: flag()
      .default(false)
      .describe('Broker and registry check everything, and nothing is created.'),
  },
  { error: 'must be false or an object, for example { "numPartitions": 6, "replicationFactor": 3 }' },
);

export type ParsedSetup = z.output<typeof setupSchema>;

/** Credentials would stand in every log line that names the URL. */
function urlProblem(value: string): string | undefined {
  if (!URL.canParse(value))
    return 'is not a URL: write it with its scheme, for example "https://registry:8081"';
  const { protocol, username, password } = new URL(value);
  if (username !== '' || password !== '') {
    return 'holds a user name or password: put those into auth';
  }
  return protocol === 'http:' || protocol === 'https:' ? undefined : 'must begin with http:// or https://';
}

function authProblem(username: boolean, password: boolean, token: boolean): string | undefined {
  if (token)
    return username || password ? 'holds a token beside username or password: keep one of them' : undefined;
  return username && password ? undefined : 'needs username and password, or a token';
}

function unionMessage({ input }: { input?: unknown }): string {
  const example = 'for example "https://registry:8081"';
  if (input === undefined) return `is missing: write the URL of the registry, ${example}`;
  const first = [input].flat().find((value) => typeof value !== 'string' || urlProblem(value) !== undefined);
  const problem = typeof first === 'string' ? urlProblem(first) : undefined;
  return problem ?? `must be a URL or a list of URLs, ${example}`;
}
