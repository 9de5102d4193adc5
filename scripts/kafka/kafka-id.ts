import { randomBytes } from 'node:crypto';

/** A cluster's or folder's id, such as Kafka makes: 16 bytes. One in 64 would begin with a dash, which its tools take for an option. */
export function kafkaId(): string {
  const id = randomBytes(16).toString('base64url');
  return id.startsWith('-') ? kafkaId() : id;
}
