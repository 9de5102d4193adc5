export {
  destinationKafka,
  destinationKafka as default,
  kafkaDestination,
  kafkaHealth,
} from './destination.ts';
export { walkerosEventSchemas } from './schema/walkeros-event/schemas.ts';
export type { KafkaHealth } from './telemetry/health.ts';
export type { CredentialsProvider, OAuthBearerProvider } from './config/providers.ts';
export type { SpoolLevel } from './model/spool.ts';
export { KafkaError, errorCodes, type ErrorCode } from './model/errors.ts';
export type { Config, Env, RuleSettings, Settings, Setup, Types } from './types.ts';
