import { z } from 'zod';
import { compatibilities, schemaTypes } from '../model/schema.ts';
import { typeNames } from './fields.ts';
import { registryFields, schemaText } from './registry-schema.ts';
import { choice, flag, milliseconds, object, optional, text, topicName, withDefault } from './values.ts';

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

const compatibility = (what: string) =>
  choice(compatibilities)
    .register(typeNames, { type: 'Compatibility', from: '../model/schema.ts' })
    .optional()
    .describe(
      `What later versions ${what} must stay compatible with. Set on the subject after registration; without it the ` +
        "registry's own level holds.",
    );

const topics = z
  .record(
    topicName(),
    object('{ "numPartitions": 6 }, or {} to take everything from above', {
      numPartitions: optional(numPartitions()).describe(
        'Partitions of this topic. Default: `setup.numPartitions`.',
      ),
      replicationFactor: optional(replicationFactor()).describe(
        'Copies of each partition of this topic. Default: `setup.replicationFactor`.',
      ),
      configEntries: configEntries.optional(),
      compatibility: compatibility('of its schema'),
    }),
    {
      error: (issue) =>
        issue.code === 'invalid_key'
          ? issue.issues.map(({ message }) => message).join(', ')
          : 'must be an object of topics by name, for example { "orders": { "numPartitions": 6 } }',
    },
  )
  .describe(
    'More topics to provision, by name: those that mapping rules and `deadLetter` point at. Each takes `numPartitions`, ' +
      '`replicationFactor`, `configEntries` and `compatibility` of its own; what it leaves out is as above.',
  );

const schemaRegistry = object(
  '{ "url": "https://registry:8081", "subject": "events-value", "schemaType": "AVRO", "schema": { … } }',
  {
    url: registryFields.url,
    subject: text('events-value').describe(
      'Subject to register under; by convention the topic with `-value`.',
    ),
    schemaType: choice(schemaTypes).describe('Format of the schema.'),
    schema: schemaText((issue) =>
      issue.input === undefined
        ? 'is missing: write the schema, as text or (AVRO, JSON) as an object'
        : 'must be the schema, as text or (AVRO, JSON) as an object, and not empty',
    ).describe(
      'The schema itself, as text; an Avro or JSON schema may be an object. `walkeros-event`: the ready-made one of the event. ' +
        "`$contract.<name>.events.<entity>.<action>`: that one, with a part of the flow's contract in it.",
    ),
    compatibility: compatibility('of this schema'),
    auth: registryFields.auth,
    ssl: registryFields.ssl,
    timeout: withDefault(milliseconds(), 10_000).describe(
      'Longest wait for one answer of the registry, in ms.',
    ),
  },
).describe(
  'A schema to register at a Confluent Schema Registry, or one with its API, beside those that values are written with: setup ' +
    'registers these by itself. Its login is used for them, too, where they name the same registry.',
);

export const setupSchema = z.strictObject(
  {
    topic: optional(topicName()).describe('Topic to create. Default: `settings.kafka.topic`.'),
    numPartitions: numPartitions().describe(
      'Partitions: the most consumers that can share the topic. No safe default: to raise it later moves keys.',
    ),
    replicationFactor: replicationFactor().describe(
      'Copies of each partition, on as many brokers. No safe default: with `1` a lost broker loses events; 3 is usual.',
    ),
    configEntries: configEntries.optional(),
    compatibility: compatibility('of the schemas of values'),
    topics: topics.optional(),
    schemaRegistry: schemaRegistry.optional(),
    validateOnly: withDefault(flag(), false).describe(
      'Broker and registry check everything, and nothing is created.',
    ),
  },
  { error: 'must be false or an object, for example { "numPartitions": 6, "replicationFactor": 3 }' },
);

export type ParsedSetup = z.output<typeof setupSchema>;
