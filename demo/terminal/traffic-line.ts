import type { BrokerState, Second, Status } from '../live/message.ts';
import type { Paint } from './paint.ts';

const states: Readonly<Record<BrokerState, string>> = {
  external: '',
  running: '',
  stopping: 'broker stopping',
  stopped: 'broker stopped',
  starting: 'broker starting',
};

/** One second of traffic in one line. */
export function trafficLine(
  { at, landed, p50, p99 }: Second,
  { ledger, broker }: Status,
  paint: Paint,
): string {
  const number = (value: number): string => value.toLocaleString('en');
  const latency =
    p50 === null ? '' : `${number(Math.round(p50))} ms, p99 ${number(Math.round(p99 ?? p50))} ms`;
  const notes = [
    ledger.waiting > 0 ? paint('yellow', `${number(ledger.waiting)} waiting`) : '',
    ledger.deadLetters > 0 ? `${number(ledger.deadLetters)} dead letters` : '',
    ledger.refused > 0 ? paint('red', `${number(ledger.refused)} refused`) : '',
    states[broker] === '' ? '' : paint('red', states[broker]),
  ].filter((note) => note !== '');
  return [
    `  ${paint('dim', new Date(at).toLocaleTimeString('en-GB'))}`,
    paint('bold', `${number(landed)}/s`.padStart(8)),
    `${number(ledger.inKafka)} in Kafka`.padStart(18),
    latency.padEnd(22),
    notes.join(', '),
  ]
    .join('  ')
    .trimEnd();
}

/** Says nothing while nothing happens, and once that it stopped. */
export class TrafficLines {
  #before = '';

  /** The line for this second, if it is worth one. */
  next(second: Second, status: Status, paint: Paint): string | undefined {
    const { ledger, broker } = status;
    const state = [second.landed, ledger.waiting, ledger.deadLetters, ledger.refused, broker].join();
    const [quiet, same] = [second.landed === 0, state === this.#before];
    this.#before = state;
    return quiet && same ? undefined : trafficLine(second, status, paint);
  }
}
