import assert from 'node:assert/strict';
import type { Link } from '../../../src/transport/wire.ts';

export const unused = (): never => assert.fail('not needed here');

/** An open connection that answers what a test is about; whatever else is asked of it fails the test. */
export function openLink(answers: Partial<Link>): Link {
  return {
    isOpen: true,
    metadata: unused,
    produce: unused,
    initProducerId: unused,
    createTopic: unused,
    topicConfig: unused,
    destroy: unused,
    ...answers,
  };
}
