import { after } from 'node:test';
import type { KafkaCluster } from '../../scripts/kafka/cluster.ts';
import { startKafka } from '../../scripts/kafka/launch.ts';
import type { TopicOptions } from '../../scripts/kafka/topics.ts';
import { freshTopic } from './broker.ts';
import { openProxy, type Proxy } from './proxy.ts';

export interface ProxiedKafka {
  /** What the broker says it is: all that is said to it goes through here. */
  readonly proxy: Proxy;
  readonly kafka: KafkaCluster;
  /** A topic that no other test has, made past the proxy. */
  readonly topicOf: (prefix: string, options?: TopicOptions) => Promise<string>;
}

/** One broker behind a proxy, for the tests of a file: its network and its process are theirs. It ends with them. */
export async function proxiedKafka(): Promise<ProxiedKafka> {
  const proxy = await openProxy();
  const kafka = await startKafka({ advertised: (_id, port) => proxy.inFrontOf(port) });
  after(async () => {
    await proxy.close();
    await kafka.stop();
  });
  const topicOf = (prefix: string, options: TopicOptions = {}): Promise<string> =>
    freshTopic(prefix, { ...options, brokers: kafka.direct });
  return { proxy, kafka, topicOf };
}
