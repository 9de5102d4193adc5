import { spawn } from 'node:child_process';

const openers: Readonly<Record<string, readonly [string, ...string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
  linux: ['xdg-open'],
};

/** Opens the address in whatever the system takes for its browser. Where there is none, nothing happens. */
export function openBrowser(url: string): void {
  const [program, ...args] = openers[process.platform] ?? [];
  if (program === undefined) return;
  spawn(program, [...args, url], { stdio: 'ignore', detached: true })
    .on('error', () => undefined)
    .unref();
}

/** Only for somebody who sits in front of it. */
export const wantsBrowser = (env: NodeJS.ProcessEnv = process.env): boolean =>
  process.stdout.isTTY && !env.CI && !env.SSH_CONNECTION;
