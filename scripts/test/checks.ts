import { existsSync } from 'node:fs';
import { runCommand } from '../kafka/command.ts';
import type { Tally } from './tally.ts';

interface Check {
  readonly name: string;
  readonly command: readonly [program: string, ...args: string[]];
  /** What it needs to mean anything; without it the check does not exist yet. */
  readonly unless?: string;
}

/** What must hold of the package itself, each counted as one test. The build comes before those that look at it. */
const checks: readonly Check[] = [
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'types of the pages', command: ['tsc', '--noEmit', '-p', 'demo/page'] },
  { name: 'types of the documentation', command: ['node', 'scripts/snippets.ts'] },
  { name: 'lint', command: ['eslint', '.'] },
  { name: 'format', command: ['prettier', '--check', '.'] },
  { name: 'import directions', command: ['depcruise', 'src'] },
  { name: 'build', command: ['npm', 'run', '--silent', 'build'] },
  { name: 'publint', command: ['publint', '--strict'] },
  // Node 10 knows no `exports`, and the package needs Node 22.
  { name: 'types as installed', command: ['attw', '--pack', '.', '--profile', 'node16'] },
  { name: 'audit', command: ['node', 'scripts/audit.ts'] },
  { name: 'docs', command: ['node', 'scripts/docs.ts', '--check'], unless: 'scripts/docs.ts' },
];

/** In the background each takes as long as the other parts leave it. */
const timeoutMs = 900_000;

/**
 * npm puts the project's programs on the PATH, so this runs through `npm run` or `npm test`, or with that PATH.
 * @param print is given each check's result when it is through
 */
export async function runChecks(
  print: (text: string) => void,
  { inBackground = false }: { readonly inBackground?: boolean } = {},
): Promise<Tally> {
  let passed = 0;
  let failed = 0;
  for (const { name, command, unless } of checks) {
    if (unless !== undefined && !existsSync(unless)) continue;
    const [program, ...args] = command;
    const begin = performance.now();
    const { code, output } = await runCommand(program, args, { timeoutMs, inBackground });
    const seconds = ((performance.now() - begin) / 1000).toFixed(1);
    if (code === 0) {
      passed += 1;
      print(`✔ ${name} (${seconds} s)\n`);
    } else {
      failed += 1;
      print(`✖ ${name} (${seconds} s): ${command.join(' ')}\n${indent(output)}\n`);
    }
  }
  return { passed, failed, skipped: 0 };
}

const indent = (text: string): string => text.trim().replace(/^/gm, '    ');
