/** Counts what became of the events that the destination was given; what is in Kafka, only the consumer can count. */
export class PushCounts {
  taken = 0;
  /** Pushes that resolved: the event is in Kafka, or on disk. */
  acknowledged = 0;
  /** Pushes that rejected: whoever sent the event was told. */
  refused = 0;

  /** Pushes that are still out. */
  get open(): number {
    return this.taken - this.acknowledged - this.refused;
  }
}
