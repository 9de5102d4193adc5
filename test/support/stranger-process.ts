import type { KafkaError } from '../../src/model/errors.ts';
import { event, runFlow } from './flow.ts';

/**
 * A host program that guards against nothing: it pushes an event to each of the addresses, and prints what each push was
 * told, as JSON. An error that nobody catches ends it.
 *
 *     node stranger-process.ts platformatic 127.0.0.1:1234 127.0.0.1:1235
 */
const [client, ...addresses] = process.argv.slice(2) as ['platformatic' | 'kafkajs', ...string[]];
const told = await Promise.all(
  addresses.map(async (address) => {
    const flow = await runFlow({
      kafka: {
        client,
        topic: 'hits',
        brokers: [address],
        connectionTimeout: 1000,
        deliveryTimeout: 2500,
        retry: { initialRetryTime: 50, maxRetryTime: 200, retries: 100 },
      },
    });
    const { failed } = await flow.push(event());
    await flow.stop();
    const { code, message } = failed?.kafka?.error as KafkaError;
    return { code, message, log: flow.log };
  }),
);
console.log(JSON.stringify(told));
