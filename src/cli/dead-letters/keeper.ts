import { KafkaError } from '../../model/errors.ts';
import type { Claim } from './claim.ts';
import { partsOf } from './note.ts';
import type { Bookmark, Place } from './place.ts';
import type { PartitionPlace } from './places.ts';

/** Keeps the place of one partition in the cluster's memory. */
export class Keeper {
  readonly #topic: string;
  readonly #partition: number;
  readonly #claim: Claim;
  readonly #closedTopics: ReadonlyMap<string, KafkaError>;
  #last: Bookmark | undefined;

  /** @param closedTopics topics that take nothing, and why: for the message that says what stands in the way */
  constructor(
    topic: string,
    { partition, bookmark, place }: PartitionPlace,
    claim: Claim,
    closedTopics: ReadonlyMap<string, KafkaError>,
  ) {
    this.#topic = topic;
    this.#partition = partition;
    this.#claim = claim;
    this.#closedTopics = closedTopics;
    this.#last = bookmark ? { ...bookmark, note: partsOf(bookmark.note).left } : place.toBookmark();
  }

  /**
   * Two at once would send everything twice, and so would a run whose place cannot be kept.
   * @param offsets what is about to be sent
   * @throws KafkaError RESEND_IN_USE, RESEND_FAILED
   */
  async assertReady(place: Place, offsets: readonly bigint[]): Promise<void> {
    const then = place.copy();
    for (const offset of offsets) then.pass(offset, true);
    if (then.toBookmark() === undefined) throw this.#tooScattered();
    await this.#claim.assertOurs();
  }

  /** @throws KafkaError RESEND_IN_USE, RESEND_FAILED */
  async keep(place: Place): Promise<void> {
    const bookmark = place.toBookmark();
    if (bookmark === undefined) throw this.#tooScattered();
    if (bookmark.offset === this.#last?.offset && bookmark.note === this.#last.note) return;
    await this.#claim.keep(this.#partition, bookmark);
    this.#last = bookmark;
  }

  #tooScattered(): KafkaError {
    const [closed] = this.#closedTopics;
    const way =
      closed === undefined
        ? 'Re-send those first, without the filter that leaves them behind, or mend what they stay for.'
        : `Those for "${closed[0]}" stay because of this: ${closed[1].message} Mend that first, then run this again; a filter does not help.`;
    return new KafkaError(
      'RESEND_FAILED',
      `Dead-letter topic "${this.#topic}": what was re-sent of partition ${this.#partition} lies too scattered to be ` +
        `remembered, between tens of thousands of letters that stay. ${way}`,
      { topic: this.#topic },
    );
  }
}
