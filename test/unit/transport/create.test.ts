import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

/** Which of the two libraries a fresh process has loaded once it made a client of this kind, with this codec. */
function loaded(kind: string, compression: string): string[] {
  const program = `
    import { registerHooks } from 'node:module';
    const libraries = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        const resolved = next(specifier, context);
        const library = /node_modules\\/(@platformatic\\/kafka|kafkajs)\\//.exec(resolved.url);
        if (library) libraries.add(library[1]);
        return resolved;
      },
    });
    const { createClient } = await import('./src/transport/create.ts');
    const before = [...libraries];
    const client = await createClient(${JSON.stringify(kind)}, {
      brokers: ['127.0.0.1:1'], clientId: 'test', connectTimeout: 500, requestTimeout: 500, ackTimeout: 500, acks: -1,
      compression: ${JSON.stringify(compression)}, autoCreateTopics: false,
    });
    await client.connect().catch(() => undefined);
    await client.close();
    console.log(JSON.stringify([before, [...libraries].sort()]));
  `;
  const root = new URL('../../../', import.meta.url);
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  });
  const [before, after] = JSON.parse(output) as [string[], string[]];
  assert.deepEqual(before, [], 'nothing is loaded before a client is made');
  return after;
}

describe('createClient', () => {
  it('loads platformatic alone for platformatic', () => {
    assert.deepEqual(loaded('platformatic', 'lz4'), ['@platformatic/kafka']);
  });

  it('loads kafkajs alone for kafkajs', () => {
    assert.deepEqual(loaded('kafkajs', 'zstd'), ['kafkajs']);
  });

  it('borrows a codec from platformatic where kafkajs is to write lz4', () => {
    assert.deepEqual(loaded('kafkajs', 'lz4'), ['@platformatic/kafka', 'kafkajs']);
  });
});
