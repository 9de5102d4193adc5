import { randomBytes } from 'node:crypto';
import type { BrokerSwitch } from '../broker-switch.ts';
import { type Rate, rates, type Replay } from '../replay.ts';
import { Refusal } from '../source-http/answer.ts';
import { largestRecord } from '../topics.ts';
import { type Action, done } from './route.ts';

export interface ActionParts {
  readonly broker: BrokerSwitch;
  readonly replay: Pick<Replay, 'start' | 'stop'>;
  /** Sends an event over HTTP, as a page would; resolves with the answer's status. */
  readonly post: (event: object) => Promise<number>;
  /** Makes the topic that was missing, and reads it from then on. */
  readonly makeTopic: () => Promise<void>;
  readonly onLog: (level: 'WARN' | 'ERROR', text: string) => void;
}

/** What can be done by hand. Faults only to a broker of our own. */
export function actionsOf({ broker, replay, post, makeTopic, onLog }: ActionParts): Record<string, Action> {
  const actions: Record<string, Action> = {
    replay(value) {
      const rate = Number(value);
      if (rate === 0) replay.stop();
      else if (isRate(rate)) replay.start(rate);
      else throw new Refusal(400, `the value is a rate: ${rates.join(', ')}, or 0 to stop`);
      return done({ rate });
    },
  };
  if (broker.state === 'external') return actions;
  const inBackground = (work: Promise<unknown>): void => {
    work.catch((error: unknown) => onLog('ERROR', error instanceof Error ? error.message : String(error)));
  };
  return {
    ...actions,
    'stop-broker': () => {
      inBackground(broker.stop());
      return done({ broker: broker.state });
    },
    'start-broker': () => {
      inBackground(broker.start());
      return done({ broker: broker.state });
    },
    oversize: () => {
      inBackground(post(oversized()));
      return done();
    },
    'missing-topic': () => {
      inBackground(
        post({
          name: 'demo astray',
          user: { session: 'by-hand' },
          data: { to: 'a topic that is not there' },
        }),
      );
      return done();
    },
    'make-topic': () => {
      inBackground(makeTopic());
      return done();
    },
  };
}

/** Random text, for anything else would be compressed to nothing. */
const oversized = (): object => ({
  name: 'demo oversize',
  user: { session: 'by-hand' },
  data: { noise: randomBytes(1.5 * largestRecord).toString('base64') },
});

const isRate = (rate: number): rate is Rate => rates.some((known) => known === rate);
