/**
 * `fork`ed by java-reader.ts with brokers and topics: hands over every record that Kafka's own consumers print.
 *
 * A process of its own, for two reasons. A terminal's Ctrl-C goes to the whole process group, and would end the
 * consumers before the last records are read back; this one is in a group of its own. And when the demo dies, however
 * it dies, the channel to it closes, and the consumers end here instead of staying behind.
 */
import { follow } from '../../scripts/kafka/follow.ts';

const [brokers = '', ...topics] = process.argv.slice(2);

process.once('disconnect', () => void end());
const following = follow(brokers.split(','), topics, (record) => tell({ record }));
// The demo may have gone while this was loading.
if (!process.connected) void end();

try {
  await (
    await following
  ).ended;
} catch (error) {
  tell({ failed: error instanceof Error ? error.message : String(error) });
}

/** The demo may go at any moment; that nobody listens is then no error. */
function tell(message: object): void {
  process.send?.(message, undefined, undefined, () => undefined);
}

async function end(): Promise<void> {
  const consumers = await following.catch(() => undefined);
  await consumers?.stop();
  process.exit();
}
