import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import type { Check } from '../check.ts';
import { ok, warning } from '../finding.ts';
import type { Registry } from '../patient.ts';

/** Half of this may be the way, and a `Date` has whole seconds only. Milliseconds. */
const tolerance = 5_000;
const patience = 2_000;

/**
 * Whether the clocks agree. Kafka tells nobody its time, but the registry does, in the `Date` of any HTTP answer. A clock that
 * is off spoils timestamps, with them retention and windows, and logins that are signed for some minutes.
 */
export const clock: Check = {
  name: 'clock',
  needs: ['settings'],
  async examine({ registries: [registry] }) {
    if (registry === undefined)
      return 'no server tells its time: brokers do not, and the settings name no registry';
    const before = Date.now();
    const told = await dateOf(registry).catch(() => undefined);
    if (told === undefined) return 'the registry does not tell its time';
    const after = Date.now();
    // The second it names may be nearly over: half of one is the best guess.
    const ahead = (before + after) / 2 - (told + 500);
    if (Math.abs(ahead) <= tolerance) return [ok(`agrees with the registry's within ${tolerance / 1000} s`)];
    const seconds = Math.round(Math.abs(ahead) / 1000);
    return [
      warning(
        `The clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} the registry's: timestamps, retention and windows are off by as much.`,
        'Let one source set both clocks (chrony or systemd-timesyncd: "timedatectl status").',
      ),
    ];
  },
};

function dateOf({ urls: [url = ''], tls }: Registry): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(patience);
    const asked = url.startsWith('https:')
      ? requestTls(url, { ...tls?.reveal(), method: 'HEAD', signal })
      : requestPlain(url, { method: 'HEAD', signal });
    asked.once('error', reject);
    asked.once('response', (answer) => {
      answer.resume();
      const time = Date.parse(answer.headers.date ?? '');
      resolve(Number.isNaN(time) ? undefined : time);
    });
    asked.end();
  });
}
