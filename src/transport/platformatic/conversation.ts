import { connectionError } from '../errors/connection-errors.ts';
import type { ClientOptions } from '../port.ts';
import { firstAnswer } from '../first-answer.ts';
import { addressOf, parseAddress, type Address } from '../../model/address.ts';
import type { Purpose } from '../wire.ts';
import type { Place, PlatformaticWire } from './wire.ts';

type Question<Answer> = (place: Place) => Promise<Answer>;

/** How long one broker may take over a question before another one is asked too. Milliseconds. */
const patience = 1000;

/** Questions to brokers, beyond those that producing takes. Fails with `KafkaError`s. */
export class Conversation {
  readonly #wire: PlatformaticWire;
  readonly #options: ClientOptions;

  constructor(wire: PlatformaticWire, options: ClientOptions) {
    this.#wire = wire;
    this.#options = options;
  }

  /** Asks the broker of this address. */
  async at<Answer>(address: Address, purpose: Purpose, question: Question<Answer>): Promise<Answer> {
    try {
      return await this.#ask(address, purpose, question);
    } catch (failure) {
      throw connectionError(failure, addressOf(address), this.#options);
    }
  }

  /** Puts a question that any broker can answer to those of the settings. */
  async anywhere<Answer>(question: Question<Answer>): Promise<Answer> {
    const brokers = this.#options.brokers.map(parseAddress);
    try {
      return await firstAnswer(brokers, patience, (broker) => this.#ask(broker, 'ask', question));
    } catch (failure) {
      throw connectionError(failure, brokers.map(addressOf).join(', '), this.#options);
    }
  }

  async #ask<Answer>(address: Address, purpose: Purpose, question: Question<Answer>): Promise<Answer> {
    return question(await this.#wire.connect(address, purpose));
  }
}
