import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { describe, it } from 'node:test';

interface Loaded {
  /** Files of the library, as its own package names them. */
  readonly files: string[];
  /** Turns of the event loop meanwhile. */
  readonly turns: number;
  /** Of what was loaded, what the library itself exports as something else. */
  readonly foreign: string[];
  /** Requests of the library, and all else that is asked of it, that were not loaded. */
  readonly missing: string[];
}

/** Loads the library in a fresh process, where this file of it cannot be imported by its path. */
function load(unreachable = 'none'): Loaded {
  const program = `
    import { registerHooks } from 'node:module';
    const files = new Set();
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier.startsWith('file:') && specifier.endsWith(${JSON.stringify(unreachable)}))
          throw new Error('it is not there');
        const resolved = next(specifier, context);
        const file = /@platformatic\\/kafka\\/dist\\/(.+)$/.exec(resolved.url);
        if (file) files.add(file[1]);
        return resolved;
      },
    });
    const { loadLibrary } = await import('./src/transport/platformatic/library.ts');
    let turns = 0;
    let loading = true;
    const count = () => {
      turns++;
      if (loading) setImmediate(count);
    };
    setImmediate(count);
    const library = await loadLibrary();
    loading = false;
    const loaded = { files: [...files], turns };
    const whole = await import('@platformatic/kafka');
    const used = [
      'clientSoftwareName', 'clientSoftwareVersion', 'compressionsAlgorithms', 'ConfigResourceTypes', 'Connection',
      'loggers', 'Reader', 'saslPlain', 'saslScramSha', 'Writer',
    ];
    const asked = [...used, ...Object.keys(whole).filter((name) => /V\\d+$/.test(name))];
    const foreign = Object.keys(library).filter((name) => library[name] !== whole[name]);
    const missing = asked.filter((name) => library[name] === undefined);
    console.log(JSON.stringify({ ...loaded, foreign, missing }));
  `;
  const root = new URL('../../../../', import.meta.url);
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(output) as Loaded;
}

const clients = /^clients\/(admin|consumer|producer)\//;

describe('loadLibrary', () => {
  // It was one import, which stopped the event loop for half a second at the first push.
  it('loads what is used, a file in each turn, and leaves out the clients', () => {
    const { files, turns, foreign, missing } = load();
    assert.deepEqual({ foreign, missing }, { foreign: [], missing: [] });
    assert.ok(files.includes('network/connection.js'));
    assert.deepEqual(
      files.filter((file) => clients.test(file)),
      [],
    );
    assert.ok(turns > 200, `${turns} turns`);
  });

  it('loads the library as a whole where its files cannot be found', () => {
    const { files, foreign, missing } = load('dist/apis/index.js');
    assert.deepEqual({ foreign, missing }, { foreign: [], missing: [] });
    assert.ok(files.some((file) => clients.test(file)));
  });
});
