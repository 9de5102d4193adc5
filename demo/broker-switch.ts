import type { KafkaCluster } from '../scripts/kafka/cluster.ts';
import type { BrokerState, Outage } from './live/message.ts';

/** The broker of the demo, to be stopped and started by hand; another's cluster is left alone. */
export class BrokerSwitch {
  readonly #cluster: Pick<KafkaCluster, 'kind' | 'nodes'>;
  readonly #outages: Outage[] = [];
  #state: BrokerState;

  constructor(cluster: Pick<KafkaCluster, 'kind' | 'nodes'>) {
    this.#cluster = cluster;
    this.#state = cluster.kind === 'external' ? 'external' : 'running';
  }

  get state(): BrokerState {
    return this.#state;
  }

  get outages(): readonly Outage[] {
    return this.#outages;
  }

  /** Ends the broker as an operator would; resolves when its process has gone. Nothing happens unless it runs. */
  async stop(): Promise<void> {
    if (this.#state !== 'running') return;
    this.#state = 'stopping';
    this.#outages.push({ begin: Date.now() });
    await Promise.all(this.#cluster.nodes.map((node) => node.stop()));
    this.#state = 'stopped';
  }

  /** Resolves when the broker takes records again. Nothing happens unless it was stopped. */
  async start(): Promise<void> {
    if (this.#state !== 'stopped') return;
    this.#state = 'starting';
    try {
      await Promise.all(this.#cluster.nodes.map((node) => node.start()));
    } catch (error) {
      this.#state = 'stopped';
      throw error;
    }
    this.#state = 'running';
    const last = this.#outages.pop();
    if (last) this.#outages.push({ ...last, end: Date.now() });
  }
}
