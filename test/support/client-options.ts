import type { ClientOptions } from '../../src/transport/port.ts';

/** A client's options with nothing special about them: one broker, no login, short time-outs, in milliseconds. */
export const clientOptions: ClientOptions = {
  brokers: ['b1:9092'],
  clientId: 'walkeros',
  tls: undefined,
  sasl: undefined,
  connectTimeout: 1000,
  requestTimeout: 1000,
  ackTimeout: 1000,
  acks: -1,
  compression: 'none',
  autoCreateTopics: false,
};
