import type { Fault } from './each-broker.ts';

/** A server that takes a connection, and says nothing until our time-out ends it: nobody has hung up. */
export function unanswered(broker: string): Fault {
  return {
    message: `${broker} accepts connections and does not answer: a frozen broker, or no Kafka.`,
    fix:
      'See whether that broker hangs (its log, its disk), whether a load balancer has a broker behind this port, and ' +
      'whether the port is right. If it is only slow, raise settings.kafka.connectionTimeout.',
  };
}
