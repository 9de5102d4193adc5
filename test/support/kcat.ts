import { runCommand } from '../../scripts/kafka/command.ts';

/** Why there is no kcat on this machine; undefined where there is. */
export async function kcatMissing(): Promise<string | undefined> {
  const { code } = await runCommand('kcat', ['-V'], { timeoutMs: 20_000 });
  return code === 0 ? undefined : 'no kcat on the PATH. Debian, Ubuntu: apt-get install kcat';
}

export interface KcatRecord {
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** All records of a topic, as kcat shows their bytes. */
export async function readByKcat(brokers: string, topic: string): Promise<KcatRecord[]> {
  const words = ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-e', '-q', '-J'];
  const { code, output } = await runCommand('kcat', words, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kcat ended with ${String(code)}:\n${output.slice(-3000)}`);
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const { payload, headers = [] } = JSON.parse(line) as { payload: string; headers?: string[] };
      const pairs = headers.flatMap((name, at) => (at % 2 === 0 ? [[name, headers[at + 1] ?? '']] : []));
      return { value: payload, headers: Object.fromEntries(pairs) as KcatRecord['headers'] };
    });
}
