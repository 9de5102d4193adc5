export { destinationKafka, destinationKafka as default, kafkaHealth } from './destination.ts';
export { walkerosEventSchemas } from './value/walkeros-event/schemas.ts';
export type { KafkaHealth } from './telemetry/health.ts';
export type { CredentialsProvider, OAuthBearerProvider } from './options/providers.ts';
export type { SpoolLevel } from './vocabulary/spool.ts';
export { KafkaError, errorCodes, type ErrorCode } from './vocabulary/errors.ts';
export type { Env, RuleSettings, Settings, Setup, Types } from './types.ts';
