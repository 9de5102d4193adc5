import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { StoredRecord } from '../../scripts/kafka/console-format.ts';

export interface JavaReader {
  /** Rejects when records can no longer be read; never resolves. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

type Message = { readonly record: StoredRecord } | { readonly failed: string };

/** Follows topics from their beginning with Kafka's own Java consumer, which takes some seconds to start. */
export function startJavaReader(
  brokers: readonly string[],
  topics: readonly string[],
  onRecord: (record: StoredRecord) => void,
): JavaReader {
  const child = fork(join(import.meta.dirname, 'reader-process.ts'), [brokers.join(','), ...topics], {
    detached: true,
    // Keeps buffers as buffers.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const failed = new Promise<never>((_, reject) => {
    const fail = (reason: string): void => reject(new Error(`Records cannot be read back: ${reason}`));
    child.on('message', (message) => {
      const content = message as Message;
      if ('record' in content) onRecord(content.record);
      else fail(content.failed);
    });
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code, signal) => fail(`the reading process ended with ${signal ?? String(code)}`));
  });
  failed.catch(() => undefined);
  return {
    failed,
    async stop() {
      if (child.connected) child.disconnect();
      if (child.exitCode === null && child.signalCode === null) await exited;
    },
  };
}
