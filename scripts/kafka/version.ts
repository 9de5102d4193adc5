import { fileURLToPath } from 'node:url';

/** The one Kafka release that development, tests and the demo run on. */
export const kafkaVersion = '4.3.1';

/** The same release as a container image, for machines without Java. */
export const kafkaImage = `apache/kafka:${kafkaVersion}`;

/** Where this checkout keeps what it brought from outside; git-ignored. */
export const kafkaFolder = fileURLToPath(new URL('../../.kafka/', import.meta.url));
