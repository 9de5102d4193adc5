import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toolCommandLine, type Tool } from '../../scripts/kafka/tools.ts';

const scripts: Readonly<Record<string, Tool>> = {
  'kafka-acls.sh': 'AclCommand',
  'kafka-configs.sh': 'ConfigCommand',
  'kafka-console-consumer.sh': 'ConsoleConsumer',
};

/**
 * A folder for the PATH with Kafka's scripts under the names that they have in its distribution, for commands that documentation
 * shows. Behind them are the distribution's own programs.
 */
export async function kafkaScripts(parent: string): Promise<string> {
  const folder = join(parent, 'kafka-bin');
  mkdirSync(folder);
  for (const [name, tool] of Object.entries(scripts)) {
    const words = (await toolCommandLine(tool)).map((word) => `'${word}'`);
    writeFileSync(join(folder, name), `#!/bin/sh\nexec ${words.join(' ')} "$@"\n`, { mode: 0o755 });
  }
  return folder;
}
