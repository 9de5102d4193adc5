import { addressOf, type Address } from '../model/address.ts';
import { wrongCluster } from './errors/messages.ts';

/**
 * The cluster that a process works with, by the id in its metadata: that of the first broker that answers. Addresses outlive
 * clusters, and a record in another one is lost: so each new connection is asked before anything else is sent over it.
 */
export class ClusterIdentity {
  readonly #checks = new WeakMap<object, Promise<void>>();
  #id: string | undefined;

  /**
   * @param ask for the id of the cluster; undefined is an answer, of brokers that tell none
   * @throws KafkaError WRONG_CLUSTER, or whatever `ask` throws; the next call asks again
   */
  verify(connection: object, broker: Address, ask: () => Promise<string | undefined>): Promise<void> {
    const known = this.#checks.get(connection);
    if (known !== undefined) return known;
    const check = this.#check(broker, ask).catch((failure: unknown) => {
      this.#checks.delete(connection);
      throw failure;
    });
    this.#checks.set(connection, check);
    return check;
  }

  async #check(broker: Address, ask: () => Promise<string | undefined>): Promise<void> {
    const id = await ask();
    if (id === undefined) return;
    this.#id ??= id;
    if (id !== this.#id) throw wrongCluster(addressOf(broker), id, this.#id);
  }
}
