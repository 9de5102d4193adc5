/**
 * `npm run audit`: asks the registry for known vulnerabilities of the production dependencies.
 * Fails on any. A registry that cannot be asked, as mirrors and offline machines have it, is said and is no failure;
 * with `--strict` it is one.
 */
import { pathToFileURL } from 'node:url';
import { runCommand } from './kafka/command.ts';

export interface Verdict {
  readonly kind: 'clean' | 'vulnerable' | 'unknown';
  readonly text: string;
}

/** What the output of `npm audit --json` says. */
export function verdictOf(output: string): Verdict {
  const json = output.slice(output.indexOf('{'), output.lastIndexOf('}') + 1);
  const report = parsed(json);
  const total = report?.metadata?.vulnerabilities?.total;
  if (total === undefined) {
    return { kind: 'unknown', text: 'The registry did not tell of vulnerabilities: nothing is known.' };
  }
  if (total === 0) return { kind: 'clean', text: 'No known vulnerabilities in the production dependencies.' };
  const names = Object.keys(report?.vulnerabilities ?? {}).join(', ');
  return { kind: 'vulnerable', text: `${total} known vulnerabilities: ${names}. See npm audit --omit=dev.` };
}

interface Report {
  readonly metadata?: { readonly vulnerabilities?: { readonly total?: number } };
  readonly vulnerabilities?: Readonly<Record<string, unknown>>;
}

function parsed(json: string): Report | undefined {
  try {
    return JSON.parse(json) as Report;
  } catch {
    return undefined;
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { output } = await runCommand('npm', ['audit', '--omit=dev', '--json'], { timeoutMs: 60_000 });
  const { kind, text } = verdictOf(output);
  console.log(text);
  const strict = process.argv.includes('--strict');
  if (kind === 'vulnerable' || (kind === 'unknown' && strict)) process.exitCode = 1;
}
