import { getFlowSettings } from '@walkeros/core';
import { z } from 'zod';
import { countOf, problemsOf, type Problem } from '../../config/problems.ts';
import { saslSchema } from '../../config/security-schema.ts';
import { settingsSchema } from '../../config/schema.ts';
import { KafkaError, reasonOf, withoutFullStop } from '../../model/errors.ts';
import { isNamed, propertyOf } from '../../model/foreign.ts';
import type { Option } from '../arguments.ts';
import { readJson } from './json-file.ts';
import { replaceReferences, type Environment } from './references.ts';

export const loginOption: Option = {
  value: '<login.json>',
  help: 'Connection and login of an operator, in place of those of the flow.',
};

/** What an operator has of his own. All else, such as the topic and what a record is sent with, stays that of the flow. */
const { brokers, clientId, ssl, client, connectionTimeout, requestTimeout } =
  settingsSchema.shape.kafka.shape;

const loginSchema = z.strictObject(
  {
    kafka: z
      .strictObject(
        { brokers, clientId, ssl, sasl: saslSchema.nullable(), client, connectionTimeout, requestTimeout },
        { error: 'must be an object, for example { "sasl": { "mechanism": "plain", … } }' },
      )
      .partial(),
  },
  { error: 'must be an object: { "kafka": { "sasl": { "mechanism": "plain", … } } }' },
);

/** Settings of `kafka` in a file of their own, which stand in place of the flow's. */
export interface Login {
  readonly path: string;
  /** By the name of the setting. `sasl: undefined`: no login. */
  readonly kafka: Readonly<Record<string, unknown>>;
  /** Whether the cluster may take us for another user than the flow. */
  readonly ofAnother: boolean;
  /** A message that names settings, in the words of the file where the setting stands there. */
  readonly inItsWords: (message: string) => string;
}

/**
 * @param path undefined: none was given
 * @throws KafkaError SETTINGS_INVALID that names the file, and quotes nothing of it but names
 */
export async function readLogin(
  path: string | undefined,
  environment: Environment,
): Promise<Login | undefined> {
  if (path === undefined) return undefined;
  const content = await readJson(path, 'the login.json to take', loginInvalid);
  const { value, unset } = replaceReferences(withMarkers(path, content), environment);
  const problems: Problem[] = unset.map(({ path: at, variable }) => ({
    path: at,
    say: `takes the environment variable ${variable}, which is not set`,
  }));
  const parsed = loginSchema.safeParse(value);
  const isUnset = (at: string): boolean => unset.some((one) => one.path === at);
  if (!parsed.success) {
    const others = problemsOf(parsed.error, loginSchema, '');
    problems.push(...others.filter((one) => !isUnset(one.path)));
  }
  if (problems.length > 0) {
    const lines = problems.map(({ path: at, say }) => (at === '' ? say : `${at}: ${say}`));
    throw new KafkaError('SETTINGS_INVALID', [
      `The login file ${path} cannot be used: ${countOf(problems)}`,
      ...lines,
    ]);
  }
  // Not what was parsed: that has defaults for all that the file does not say.
  return loginOf(path, propertyOf(value, 'kafka'));
}

function loginOf(path: string, written: unknown): Login {
  const kafka = isNamed(written) ? { ...written } : {};
  if (kafka.sasl === null) kafka.sasl = undefined;
  const names = Object.keys(kafka);
  const setting = new RegExp(`settings\\.(kafka\\.(?:${names.join('|')})\\b(?:\\.\\w+|\\[\\w+\\])*)`, 'g');
  return {
    path,
    kafka,
    ofAnother: names.includes('ssl') || names.includes('sasl'),
    inItsWords: (message) =>
      names.length === 0 ? message : message.replace(setting, (_, name: string) => `${name} in ${path}`),
  };
}

/** A destination's `config` with some settings of `kafka` replaced. */
export function withKafka(config: unknown, kafka: Login['kafka']): unknown {
  const settings = propertyOf(config, 'settings');
  return {
    ...named(config),
    settings: { ...named(settings), kafka: { ...named(propertyOf(settings, 'kafka')), ...kafka } },
  };
}

const named = (value: unknown): object => (isNamed(value) ? value : {});

/** `$env.X` as walkerOS's own code marks it in a flow. */
function withMarkers(path: string, content: unknown): unknown {
  const destinations = { login: { package: 'login', config: { settings: content } } };
  const flows = { login: { config: { platform: 'server' as const }, destinations } };
  try {
    const flow = getFlowSettings({ version: 4, flows }, 'login', { deferred: true });
    return propertyOf(flow.destinations?.login?.config, 'settings');
  } catch (failure) {
    throw loginInvalid(path, withoutFullStop(reasonOf(failure)), failure);
  }
}

function loginInvalid(path: string, what: string, cause?: unknown): KafkaError {
  return new KafkaError('SETTINGS_INVALID', `The login file ${path} cannot be used: ${what}.`, { cause });
}
