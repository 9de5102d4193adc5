export interface Names {
  readonly topic: string;
  /** `host:port` to what it is called in scenarios. */
  readonly addresses: ReadonlyMap<string, string>;
}

/**
 * What an operator read, with what differs from run to run named: the topic is "events", an address is its broker's role,
 * a pause or a count that chance decides is "…". So scenarios can say it literally.
 */
export function inOperatorsWords(text: string, { topic, addresses }: Names): string {
  let words = text.replaceAll(topic, 'events');
  for (const [address, name] of addresses) words = words.replaceAll(address, name);
  return words
    .replace(/trying again in \d+ ms/, 'trying again in … ms')
    .replace(/ \(and \d+ more like it since the last line\)$/, '');
}
