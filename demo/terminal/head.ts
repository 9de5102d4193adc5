import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { topics } from '../topics.ts';
import { field } from './field.ts';
import { paint } from './paint.ts';

const kinds: Readonly<Record<KafkaCluster['kind'], string>> = {
  external: 'from KAFKA_BROKERS',
  embedded: 'started here, ends with this',
  container: 'started here in a container, ends with this',
};

export interface Head {
  readonly cluster: Pick<KafkaCluster, 'kind' | 'brokers'>;
  readonly origin: string;
  /** Why the port is not the one that was wanted. */
  readonly note: string | undefined;
  readonly once: boolean;
}

/** Where everything is, printed once it is there. */
export function printHead({ cluster, origin, note, once }: Head): void {
  const command = `curl -H 'content-type: application/json' -d '{"name":"page view"}' ${origin}/collect`;
  const reader = once
    ? "Every record below is read back by Kafka's own Java consumer (its start takes a few seconds)."
    : 'One line below per second of traffic, counted by a Kafka consumer.';
  const lines = [
    field('Kafka', `${cluster.brokers.join(', ')}  ${paint('dim', kinds[cluster.kind])}`, paint),
    field('topics', topics.join(', '), paint),
    field(
      'shop',
      `${paint('cyan', `${origin}/`)}${note === undefined ? '' : paint('dim', `  ${note}`)}`,
      paint,
    ),
    field(
      'live',
      `${paint('cyan', `${origin}/live`)}  ${paint('dim', 'the stream, with the shop beside it')}`,
      paint,
    ),
    field('events', command, paint),
    '',
    paint('dim', reader),
    paint('dim', 'Ctrl-C ends everything.'),
    '',
  ];
  console.log(lines.join('\n'));
}

export function printLog(level: 'WARN' | 'ERROR', text: string): void {
  const label = level === 'ERROR' ? paint('red', 'error') : paint('yellow', 'warning');
  console.log(`  ${label}  ${text}`);
}
