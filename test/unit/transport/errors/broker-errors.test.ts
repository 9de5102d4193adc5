import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  errorOfCode,
  isSequenceLost,
  outcomeOfCode,
} from '../../../../src/transport/errors/broker-errors.ts';
import { kafkaErrors } from '../../../../src/protocol/kafka-errors.ts';
import type { Outcome } from '../../../../src/model/outcome.ts';

const table: readonly [code: number, kind: string, errorCode: string, name: string][] = [
  [-1, 'retriable, maybe written', 'BROKER_BUSY', 'UNKNOWN_SERVER_ERROR'],
  [2, 'retriable', 'BROKER_BUSY', 'CORRUPT_MESSAGE'],
  [3, 'retriable, refresh', 'TOPIC_MISSING', 'UNKNOWN_TOPIC_OR_PARTITION'],
  [5, 'retriable, refresh', 'BROKER_BUSY', 'LEADER_NOT_AVAILABLE'],
  [6, 'retriable, refresh, maybe written', 'BROKER_BUSY', 'NOT_LEADER_OR_FOLLOWER'],
  [7, 'retriable, maybe written', 'BROKER_BUSY', 'REQUEST_TIMED_OUT'],
  [8, 'retriable, refresh', 'BROKER_BUSY', 'BROKER_NOT_AVAILABLE'],
  [9, 'retriable, refresh', 'BROKER_BUSY', 'REPLICA_NOT_AVAILABLE'],
  [10, 'splittable', 'RECORD_TOO_LARGE', 'MESSAGE_TOO_LARGE'],
  [13, 'retriable, refresh, maybe written', 'BROKER_BUSY', 'NETWORK_EXCEPTION'],
  [14, 'retriable', 'BROKER_BUSY', 'COORDINATOR_LOAD_IN_PROGRESS'],
  [15, 'retriable', 'BROKER_BUSY', 'COORDINATOR_NOT_AVAILABLE'],
  [16, 'retriable', 'BROKER_BUSY', 'NOT_COORDINATOR'],
  [17, 'rejected', 'TOPIC_INVALID', 'INVALID_TOPIC_EXCEPTION'],
  [18, 'splittable', 'RECORD_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'],
  [19, 'retriable', 'BROKER_BUSY', 'NOT_ENOUGH_REPLICAS'],
  [20, 'retriable, maybe written', 'BROKER_BUSY', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND'],
  [29, 'rejected', 'NOT_AUTHORIZED', 'TOPIC_AUTHORIZATION_FAILED'],
  [30, 'rejected', 'RECORD_REJECTED', 'GROUP_AUTHORIZATION_FAILED'],
  [31, 'rejected', 'NOT_AUTHORIZED', 'CLUSTER_AUTHORIZATION_FAILED'],
  [32, 'splittable', 'RECORD_REJECTED', 'INVALID_TIMESTAMP'],
  [33, 'rejected', 'AUTHENTICATION_FAILED', 'UNSUPPORTED_SASL_MECHANISM'],
  [34, 'rejected', 'AUTHENTICATION_FAILED', 'ILLEGAL_SASL_STATE'],
  [41, 'retriable', 'BROKER_BUSY', 'NOT_CONTROLLER'],
  [45, 'retriable', 'BROKER_BUSY', 'OUT_OF_ORDER_SEQUENCE_NUMBER'],
  [47, 'retriable', 'BROKER_BUSY', 'INVALID_PRODUCER_EPOCH'],
  [49, 'retriable', 'BROKER_BUSY', 'INVALID_PRODUCER_ID_MAPPING'],
  [53, 'rejected', 'NOT_AUTHORIZED', 'TRANSACTIONAL_ID_AUTHORIZATION_FAILED'],
  [56, 'retriable, refresh, maybe written', 'BROKER_BUSY', 'KAFKA_STORAGE_ERROR'],
  [58, 'rejected', 'AUTHENTICATION_FAILED', 'SASL_AUTHENTICATION_FAILED'],
  [59, 'retriable', 'BROKER_BUSY', 'UNKNOWN_PRODUCER_ID'],
  [70, 'retriable', 'BROKER_BUSY', 'FETCH_SESSION_ID_NOT_FOUND'],
  [71, 'retriable', 'BROKER_BUSY', 'INVALID_FETCH_SESSION_EPOCH'],
  [72, 'retriable, refresh', 'BROKER_BUSY', 'LISTENER_NOT_FOUND'],
  [74, 'retriable, refresh', 'BROKER_BUSY', 'FENCED_LEADER_EPOCH'],
  [75, 'retriable, refresh', 'BROKER_BUSY', 'UNKNOWN_LEADER_EPOCH'],
  [76, 'rejected', 'RECORD_REJECTED', 'UNSUPPORTED_COMPRESSION_TYPE'],
  [78, 'retriable', 'BROKER_BUSY', 'OFFSET_NOT_AVAILABLE'],
  [80, 'retriable, refresh', 'BROKER_BUSY', 'PREFERRED_LEADER_NOT_AVAILABLE'],
  [83, 'retriable, refresh', 'BROKER_BUSY', 'ELIGIBLE_LEADERS_NOT_AVAILABLE'],
  [87, 'splittable', 'RECORD_REJECTED', 'INVALID_RECORD'],
  [88, 'retriable', 'BROKER_BUSY', 'UNSTABLE_OFFSET_COMMIT'],
  [89, 'retriable', 'BROKER_BUSY', 'THROTTLING_QUOTA_EXCEEDED'],
  [90, 'retriable', 'BROKER_BUSY', 'PRODUCER_FENCED'],
  [100, 'retriable, refresh', 'BROKER_BUSY', 'UNKNOWN_TOPIC_ID'],
  [103, 'retriable, refresh', 'BROKER_BUSY', 'INCONSISTENT_TOPIC_ID'],
  [108, 'retriable, refresh', 'BROKER_BUSY', 'NEW_LEADER_ELECTED'],
  [9999, 'rejected', 'RECORD_REJECTED', 'error 9999'],
];

describe('broker errors', () => {
  for (const [code, kind, errorCode, name] of table) {
    it(`takes ${name} as ${kind}, ${errorCode}`, () => {
      const outcome = outcomeOfCode(code, 'orders');
      assert.equal(described(outcome), kind);
      assert.ok(outcome.kind !== 'stored');
      const { error } = outcome;
      assert.deepEqual([error.code, error.kafkaCode, error.topic], [errorCode, name, 'orders']);
      assert.match(error.message, /orders/);
    });
  }

  // The comment on `verdicts` asks for a row. Codes without a line are told as `rejected`, RECORD_REJECTED.
  it('has a row in its table for each code that is taken otherwise than one nobody foresaw', () => {
    const rows = new Set(table.map(([code]) => code));
    const unforeseen = described(outcomeOfCode(9999, 'orders'));
    const missing = Object.entries(kafkaErrors).filter(([, code]) => {
      const outcome = outcomeOfCode(code, 'orders');
      if (outcome.kind === 'stored' || rows.has(code)) return false;
      return described(outcome) !== unforeseen || outcome.error.code !== 'RECORD_REJECTED';
    });
    assert.deepEqual(missing, []);
  });

  it('takes 0, and a duplicate of what is stored already, as stored', () => {
    assert.deepEqual(
      [outcomeOfCode(0, 'orders'), outcomeOfCode(46, 'orders')],
      [{ kind: 'stored' }, { kind: 'stored' }],
    );
  });

  it("quotes the broker's own words", () => {
    assert.equal(
      errorOfCode(87, 'orders', { detail: 'Compacted topic cannot accept message without key' }).message,
      'Topic "orders": the broker refuses these records: INVALID_RECORD (Compacted topic cannot accept message without key).',
    );
  });

  it('knows when an idempotent producer lost its place', () => {
    const lost = [45, 47, 49, 59, 90, 6, 10].map((code) => isSequenceLost(outcomeOfCode(code, 'orders')));
    assert.deepEqual(lost, [true, true, true, true, true, false, false]);
  });
});

function described(outcome: Outcome): string {
  if (outcome.kind !== 'retriable') return outcome.kind;
  return `retriable${outcome.refresh ? ', refresh' : ''}${outcome.mayHaveBeenWritten ? ', maybe written' : ''}`;
}
