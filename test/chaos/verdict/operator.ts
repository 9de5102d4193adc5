import { dirname } from 'node:path';

export interface Names {
  readonly topic: string;
  /** `host:port` of every broker, and of every proxy before one. */
  readonly addresses: readonly string[];
  /** The spool's file, where there is one. */
  readonly spool: string | undefined;
}

/**
 * What an operator read, with what differs from run to run named: the topic is "events", each broker "kafka", the spool's
 * file "spool.db" in "folder"; a pause or a count that chance decides is "…". So scenarios can say it literally.
 */
export function inOperatorsWords(text: string, { topic, addresses, spool }: Names): string {
  let words = text.replaceAll(topic, 'events');
  for (const address of addresses) words = words.replaceAll(address, 'kafka');
  if (spool !== undefined) words = words.replaceAll(spool, 'spool.db').replaceAll(dirname(spool), 'folder');
  return words
    .replace(/trying again in \d+ ms/, 'trying again in … ms')
    .replace(/(\.damaged-)[\d-]+T[\d:.-]+Z/, '$1…')
    .replace(/\b\d[\d,]* records\b/, '… records')
    .replace(/ \((and \d+ more like it|the latest of \d+ changes) since the last line\)$/, '');
}
