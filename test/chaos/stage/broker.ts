import type { KafkaNode } from '../../../scripts/kafka/cluster.ts';
import type { Proxy } from '../../support/proxy.ts';
import type { BrokerFault, Trouble } from '../scenario.ts';

/** One broker of the stage: its process, and the network before its second door. */
export class Broker {
  readonly node: KafkaNode;
  readonly proxy: Proxy;
  #state: 'up' | 'frozen' | 'down' = 'up';
  #faults: Promise<void> = Promise.resolve();

  constructor(node: KafkaNode, proxy: Proxy) {
    this.node = node;
    this.proxy = proxy;
  }

  /**
   * One fault after the other: a schedule does not know how long a start takes, and a broker that is told to stop while it
   * starts looks like one that could not start.
   */
  suffer(fault: BrokerFault): Promise<void> {
    const suffered = this.#faults.then(() => this.#suffer(fault));
    this.#faults = suffered.catch(() => undefined);
    return suffered;
  }

  async #suffer(fault: BrokerFault): Promise<void> {
    switch (fault) {
      case 'kill':
        this.#state = 'down';
        return this.node.kill();
      case 'stop':
        // A frozen process would hear of it only when it is thawed.
        await this.#suffer('thaw');
        this.#state = 'down';
        return this.node.stop();
      case 'restart':
        await this.#suffer('stop');
        return this.#suffer('start');
      case 'start':
        if (this.#state !== 'down') return;
        this.#state = 'up';
        return this.node.start();
      case 'freeze':
        if (this.#state !== 'up') return;
        this.#state = 'frozen';
        return this.node.freeze();
      case 'thaw':
        if (this.#state !== 'frozen') return;
        this.#state = 'up';
        return this.node.thaw();
    }
  }

  async trouble(trouble: Trouble): Promise<void> {
    switch (trouble.kind) {
      case 'reset':
        return this.proxy.reset();
      case 'refuse':
        this.proxy.refuse();
        return this.proxy.reset();
      case 'black-hole':
        return this.proxy.blackHole();
      case 'half-open':
        return this.proxy.halfOpen();
      case 'lose-answers':
        return this.proxy.loseAnswers();
      case 'cut-answer':
        return this.proxy.cutAnswersAfter(trouble.afterBytes);
      case 'latency':
        return this.proxy.delayAnswers(trouble.ms, trouble.jitter);
      case 'heal':
        this.proxy.heal();
        return this.proxy.accept();
    }
  }

  /** Whatever a scenario left behind. */
  async recover(): Promise<void> {
    await this.trouble({ kind: 'heal' });
    await this.suffer('thaw');
    await this.suffer('start');
  }
}
