export { destinationKafka, destinationKafka as default, kafkaHealth } from './destination.ts';
export type { KafkaHealth, SpoolLevel } from './telemetry/health.ts';
export { KafkaError, errorCodes, type ErrorCode } from './vocabulary/errors.ts';
export type { Env, RuleSettings, Settings, Setup, Types } from './types.ts';
