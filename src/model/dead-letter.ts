/** Header names that a dead letter carries beside the record's own. */
export const deadLetterHeaders = {
  topic: 'walkeros-dead-letter-topic',
  code: 'walkeros-dead-letter-code',
  message: 'walkeros-dead-letter-message',
  attempts: 'walkeros-dead-letter-attempts',
  time: 'walkeros-dead-letter-time',
  /** The record's own, in milliseconds since the epoch. That of the letter is when it was written. */
  timestamp: 'walkeros-dead-letter-timestamp',
  /** How the value is compressed, where the letter was too large otherwise. */
  encoding: 'walkeros-dead-letter-encoding',
} as const;

/** The one value of the header `encoding`. */
export const zstdEncoding = 'zstd';
