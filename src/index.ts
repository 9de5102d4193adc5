export { destinationKafka, destinationKafka as default, kafkaHealth } from './destination.ts';
export type { KafkaHealth } from './telemetry/health.ts';
export type { SpoolLevel } from './vocabulary/spool.ts';
export { KafkaError, errorCodes, type ErrorCode } from './vocabulary/errors.ts';
export type { Env, RuleSettings, Settings, Setup, Types } from './types.ts';
