import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Ends what this process started, however this process ends: a return, Ctrl-C, an uncaught error or a SIGKILL.
 *
 * A detached shell reads from a pipe that only we hold. We tell it the clean-up command of the moment; when the pipe
 * closes, which the kernel does for us in every case, it runs the last one it heard. No polling, no signal handlers.
 */
export class Watchdog {
  readonly #shell;

  constructor() {
    this.#shell = spawn('sh', ['-c', 'last=:; while read -r line; do last=$line; done; eval "$last"'], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.#shell.stdin.on('error', () => undefined);
    this.#shell.unref();
    // Neither may keep this process alive: when it has nothing else to do, it should end, and the brokers with it.
    const { stdin } = this.#shell;
    if (stdin instanceof Socket) stdin.unref();
  }

  /** @param command one line of sh, replacing the one given before */
  onDeath(command: string): void {
    this.#shell.stdin.write(`${command}\n`);
  }

  /** Call when everything is already cleaned up. */
  release(): void {
    this.onDeath(':');
    this.#shell.stdin.end();
  }
}
