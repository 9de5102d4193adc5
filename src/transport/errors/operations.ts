/** What a broker is asked for, in the words of the errors about its answer. */
export interface Operation {
  readonly request: string;
  /** What a user needs the right to. */
  readonly right: string;
}

export const operations = {
  produce: { request: 'these records', right: 'write' },
  metadata: { request: 'a request for its metadata', right: 'see the topic' },
  createTopic: { request: 'a request to create it', right: 'create the topic' },
  topicConfig: { request: 'a request for its configuration', right: 'read its configuration' },
  producerId: { request: 'a request for a producer id', right: 'write idempotently' },
  fetch: { request: 'a request to read it', right: 'read' },
  listOffsets: { request: 'a request for its offsets', right: 'read' },
  findCoordinator: (group: string) => ofGroup(group, 'for the coordinator'),
  fetchOffsets: (group: string) => ofGroup(group, 'for the committed offsets'),
  commitOffsets: (group: string) => ofGroup(group, 'to commit offsets'),
} as const satisfies Record<string, Operation | ((group: string) => Operation)>;

function ofGroup(group: string, what: string): Operation {
  return { request: `a request ${what} of consumer group "${group}"`, right: 'read as this group' };
}
