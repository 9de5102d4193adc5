export { destinationKafka, destinationKafka as default } from './destination.ts';
export { walkerosEventSchemas } from './value/walkeros-event/schemas.ts';
export { KafkaError, errorCodes, type ErrorCode } from './vocabulary/errors.ts';
export type { Env, RuleSettings, Settings, Setup, Types } from './types.ts';
