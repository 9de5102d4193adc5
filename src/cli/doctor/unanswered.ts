import { KafkaError } from '../../model/errors.ts';
import type { AddressFixes } from './address-fixes.ts';
import type { Fault } from './each-broker.ts';

/** A server that takes a connection, and says nothing until our time-out ends it: nobody has hung up. */
export function unanswered(broker: string, { port }: AddressFixes): Fault {
  return {
    message: `${broker} accepts connections and does not answer: a frozen broker, or no Kafka.`,
    fix:
      'See whether that broker hangs (its log, its disk), whether a load balancer has a broker behind this port, and ' +
      `whether ${port}. If it is only slow, raise settings.kafka.connectionTimeout.`,
  };
}

/** Whether a question to Kafka failed for want of an answer. */
export function isSilence(thrown: unknown): boolean {
  return (
    thrown instanceof KafkaError && thrown.code === 'BROKER_UNREACHABLE' && /timed out/i.test(thrown.message)
  );
}
