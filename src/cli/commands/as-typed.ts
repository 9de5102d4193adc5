import { KafkaError } from '../../model/errors.ts';
import { UsageError } from '../usage-error.ts';

/** What the settings are called that a command makes of what was typed. */
const names: readonly (readonly [setting: RegExp, typed: string])[] = [
  [/settings\.kafka\.brokers(\[\d+\])?/g, '--brokers'],
  [/settings\.kafka\.topic/g, '<topic>'],
  [/settings\.value\.registry\.url/g, '--registry'],
  [/put those into auth/g, 'the login of a registry stands in a flow file, which --flow names'],
];

const inTypedWords = (text: string): string =>
  names.reduce((said, [setting, typed]) => said.replace(setting, typed), text);

/** Makes settings of what was typed. @throws UsageError for those that cannot be, by the names of the command line */
export function settingsOfTyped<Settings>(make: () => Settings): Settings {
  try {
    return make();
  } catch (thrown) {
    if (!(thrown instanceof KafkaError)) throw thrown;
    // The first line is a title, one problem on each of the others.
    const problems = new Set(thrown.message.split('\n').slice(1).map(inTypedWords));
    throw new UsageError([...problems].join('; '));
  }
}

/** What became of them, in the same names. */
export function errorOfTyped(error: KafkaError): KafkaError {
  const secure = /settings\.kafka\.(ssl|sasl)/.test(error.message)
    ? ' TLS and a login stand in a flow file: take --flow.'
    : '';
  const { code, topic, kafkaCode } = error;
  return new KafkaError(code, inTypedWords(error.message) + secure, { topic, kafkaCode, cause: error });
}
