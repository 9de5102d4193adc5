/** Header names that a dead letter carries beside the record's own. */
export const deadLetterHeaders = {
  topic: 'walkeros-dead-letter-topic',
  code: 'walkeros-dead-letter-code',
  message: 'walkeros-dead-letter-message',
  attempts: 'walkeros-dead-letter-attempts',
  time: 'walkeros-dead-letter-time',
} as const;
