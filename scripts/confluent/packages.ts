import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../kafka/command.ts';
import type { Progress } from '../kafka/progress.ts';
import { kafkaFolder } from '../kafka/version.ts';

/** Confluent's own client for Python, with the readers of its wire format, and the compiler that makes Protobuf classes. */
const packages = ['confluent-kafka[avro,json,protobuf]==2.16.0', 'grpcio-tools==1.85.1'];
const folderName = 'confluent-2.16.0';

/** How to run Python with Confluent's client in it. */
export interface ConfluentPython {
  readonly python: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Brings the packages with pip on first use: 60 MB. @returns why it cannot be run on this machine, or how it can */
export async function confluentPython(
  onProgress: Progress = () => undefined,
): Promise<ConfluentPython | { readonly missing: string }> {
  const version = await pythonVersion();
  if (version === undefined) return { missing: 'no python3 (3.9 or later) on the PATH' };
  // Wheels are built for one version of Python.
  const folder = join(kafkaFolder, `${folderName}-py${version}`);
  const fault = existsSync(folder) ? undefined : await bring(folder, onProgress);
  if (fault !== undefined) return { missing: `pip cannot bring Confluent's Python client: ${fault}` };
  return { python: 'python3', env: { ...process.env, PYTHONPATH: folder } };
}

/** Safe when several processes do it at once: each fills a folder of its own, and the first to finish gives it the name. */
async function bring(folder: string, onProgress: Progress): Promise<string | undefined> {
  mkdirSync(kafkaFolder, { recursive: true });
  const filling = mkdtempSync(join(kafkaFolder, 'filling-'));
  const installing = [
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--no-compile',
  ];
  try {
    onProgress("Confluent's Python client: asking pip");
    const { code, output } = await runCommand(
      'python3',
      [...installing, '--only-binary', ':all:', '--target', filling, ...packages],
      { timeoutMs: 300_000, onLine: (line) => onProgress(`Confluent's Python client: ${line.trim()}`) },
    );
    if (code !== 0) return output.trim().split('\n').at(-1) ?? 'no reason given';
    takeName(filling, folder);
    onProgress("Confluent's Python client: in place");
    return undefined;
  } finally {
    rmSync(filling, { recursive: true, force: true });
  }
}

/** Another process may have been first: then its folder is as good as ours. */
function takeName(filling: string, folder: string): void {
  try {
    renameSync(filling, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error;
  }
}

async function pythonVersion(): Promise<string | undefined> {
  const { code, output } = await runCommand('python3', ['--version'], { timeoutMs: 20_000 });
  const [, major, minor] = /Python (\d+)\.(\d+)/.exec(output) ?? [];
  if (code !== 0 || major !== '3' || Number(minor) < 9) return undefined;
  return `${major}.${minor ?? ''}`;
}
