import type { KafkaError } from '../model/errors.ts';
import type { Waiter } from './producer-record.ts';

/** What became of records that were sent together, by their index. */
export class Answers {
  /** Resolves to the error of each, once all have been told; undefined where it is stored. */
  readonly all: Promise<(KafkaError | undefined)[]>;
  readonly #errors: (KafkaError | undefined)[];
  readonly #resolve: (errors: (KafkaError | undefined)[]) => void;
  #open: number;

  constructor(records: number) {
    const { promise, resolve } = Promise.withResolvers<(KafkaError | undefined)[]>();
    this.all = promise;
    this.#errors = new Array<KafkaError | undefined>(records).fill(undefined);
    this.#resolve = resolve;
    this.#open = records;
    if (records === 0) resolve([]);
  }

  waiterOf(index: number): Waiter {
    return {
      resolve: this.#oneMore,
      reject: (error) => {
        this.#errors[index] = error;
        this.#oneMore();
      },
    };
  }

  readonly #oneMore = (): void => {
    if (--this.#open === 0) this.#resolve(this.#errors);
  };
}
