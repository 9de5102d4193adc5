import { runCommand } from '../../scripts/kafka/command.ts';

/** What a process holds in memory (RSS), in MB. */
export async function residentMemory(pid: number): Promise<number> {
  const { code, output } = await runCommand('ps', ['-o', 'rss=', '-p', String(pid)]);
  if (code !== 0) throw new Error(`ps knows no process ${pid}`);
  return Number(output) / 1024;
}
