import { resolveOptions, type ResolveContext } from '../../../src/config/resolve.ts';
import { KafkaError } from '../../../src/model/errors.ts';

/** Settings with what every flow needs, so that a test names only what it is about. */
export function withKafka(settings: object): unknown {
  const kafka = 'kafka' in settings && typeof settings.kafka === 'object' ? settings.kafka : {};
  return { ...settings, kafka: { brokers: ['kafka1:9092'], topic: 'events', ...kafka } };
}

/** The lines below the title of the error that such settings raise; none when they are fine. */
export function problems(settings: object, context?: ResolveContext): string[] {
  return problemsOfAll(withKafka(settings), context);
}

/** The same for settings that are taken as they stand. */
export function problemsOfAll(settings: unknown, context?: ResolveContext): string[] {
  try {
    resolveOptions(settings, context);
    return [];
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'SETTINGS_INVALID')
      return error.message.split('\n').slice(1);
    throw error;
  }
}
