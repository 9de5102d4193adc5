import assert from 'node:assert/strict';
import type { Connection } from '../../../src/transport/connection.ts';

export const unused = (): never => assert.fail('not needed here');

/** An open connection that answers what a test is about; whatever else is asked of it fails the test. */
export function openConnection(answers: Partial<Connection>): Connection {
  return {
    isOpen: true,
    ready: () => Promise.resolve(),
    metadata: unused,
    produce: unused,
    initProducerId: unused,
    createTopic: unused,
    topicConfig: unused,
    destroy: unused,
    ...answers,
  };
}
