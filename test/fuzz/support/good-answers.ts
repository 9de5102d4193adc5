import { encodeProduce } from '../../../src/protocol/produce-request.ts';
import { int16, int32, int64, list, text } from '../../support/broker-bytes.ts';

/** The cluster of the fuzz suite: one broker, one topic of three partitions, one group. */
export const topic = 'hits';
export const group = 'readers';
const partitions = [0, 1, 2];

/** Two ages of brokers: the requests that each offers, as the first and last version. */
export const ages = {
  old: [
    [0, 3, 7],
    [1, 4, 11],
    [2, 1, 5],
    [3, 0, 8],
    [8, 2, 4],
    [9, 2, 5],
    [10, 0, 2],
    [17, 0, 1],
    [18, 0, 1],
    [19, 2, 4],
    [22, 0, 1],
    [32, 0, 3],
    [36, 0, 1],
  ],
  young: [
    [0, 3, 8],
    [1, 4, 12],
    [2, 1, 5],
    [3, 0, 12],
    [8, 2, 7],
    [9, 2, 5],
    [10, 0, 3],
    [17, 0, 1],
    [18, 0, 3],
    [19, 2, 7],
    [22, 0, 4],
    [32, 0, 4],
    [36, 0, 2],
  ],
} as const;

export type Age = keyof typeof ages;

/** From which version on a request has compact lengths and tagged fields. */
const flexibleFrom: Readonly<Record<number, number>> = {
  0: 9,
  1: 12,
  2: 6,
  3: 9,
  8: 8,
  9: 6,
  10: 3,
  17: 99,
  18: 3,
  19: 5,
  22: 2,
  32: 4,
  36: 2,
};

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

const int8 = (value: number): Buffer => Buffer.from([value]);

/** The parts of an answer in one of the two encodings. */
function encodingOf(flexible: boolean) {
  const tags = flexible ? int8(0) : Buffer.alloc(0);
  return {
    tags,
    string: (value: string | null): Buffer => {
      if (!flexible) return text(value);
      return value === null
        ? varint(0)
        : Buffer.concat([varint(Buffer.byteLength(value) + 1), Buffer.from(value)]);
    },
    bytes: (value: Buffer): Buffer =>
      Buffer.concat([flexible ? varint(value.length + 1) : int32(value.length), value]),
    list: (items: readonly Buffer[]): Buffer =>
      flexible ? Buffer.concat([varint(items.length + 1), ...items]) : list(items),
    item: (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, tags]),
  };
}

const record = { topic, key: Buffer.from('k'), value: Buffer.from('v'), headers: { h: 'x' }, timestamp: 1 };
const encoded = await encodeProduce(
  [{ topic, partition: 0, records: [record, record] }],
  { number: 0 },
  { acks: -1, ackTimeout: 1 },
);
/** A Produce request is its batch after 30 bytes. */
const batch = Buffer.concat(encoded.body).subarray(30);

export interface Variation {
  /** Kafka's code for what is asked for: the topic, the partitions, the group, the login. */
  readonly code?: number;
  /** Node id of the controller. */
  readonly controller?: number;
  /** Ports of the cluster's brokers, whose node ids count from 1. */
  readonly ports?: readonly number[];
}

/**
 * The answer of a healthy broker, without its size and its number.
 * @param port where the broker listens
 */
export function goodAnswer(
  key: number,
  version: number,
  age: Age,
  port: number,
  { code = 0, controller = 1, ports = [port] }: Variation = {},
): Buffer {
  const flexible = version >= (flexibleFrom[key] ?? 99);
  const { tags, string, bytes, list: many, item } = encodingOf(flexible);
  const header = flexible && key !== 18 ? [tags] : [];
  const since = (first: number, ...parts: readonly Buffer[]): readonly Buffer[] =>
    version >= first ? parts : [];
  const each = (ofPartition: (partition: number) => readonly Buffer[]): Buffer =>
    many([item(string(topic), many(partitions.map((partition) => item(...ofPartition(partition)))))]);
  const throttle = int32(0);
  const answer = (): readonly Buffer[] => {
    switch (key) {
      case 0:
        return [
          each((partition) => [
            int32(partition),
            int16(code),
            int64(0),
            int64(-1),
            ...since(5, int64(0)),
            ...since(8, many([]), string(null)),
          ]),
          throttle,
        ];
      case 1:
        return [
          throttle,
          ...since(7, int16(0), int32(0)),
          each((partition) => [
            int32(partition),
            int16(code),
            int64(2),
            int64(2),
            ...since(5, int64(0)),
            many([]),
            ...since(11, int32(-1)),
            bytes(batch),
          ]),
        ];
      case 2:
        return [
          ...since(2, throttle),
          each((partition) => [int32(partition), int16(code), int64(-1), int64(2), ...since(4, int32(0))]),
        ];
      case 3:
        return [
          ...since(3, throttle),
          many(
            ports.map((at, index) =>
              item(int32(index + 1), string('127.0.0.1'), int32(at), ...since(1, string(null))),
            ),
          ),
          ...since(2, string('cluster')),
          ...since(1, int32(controller)),
          many([
            item(
              int16(code),
              string(topic),
              ...since(10, Buffer.alloc(16, 7)),
              ...since(1, int8(0)),
              many(
                partitions.map((partition) =>
                  item(
                    int16(0),
                    int32(partition),
                    int32(1),
                    ...since(7, int32(0)),
                    many([int32(1)]),
                    many([int32(1)]),
                    ...since(5, many([])),
                  ),
                ),
              ),
              ...since(8, int32(16)),
            ),
          ]),
          ...(version >= 8 && version <= 10 ? [int32(16)] : []),
        ];
      case 8:
        return [...since(3, throttle), each((partition) => [int32(partition), int16(code)])];
      case 9:
        return [
          ...since(3, throttle),
          each((partition) => [
            int32(partition),
            int64(1),
            ...since(5, int32(0)),
            string('note'),
            int16(code),
          ]),
          ...since(2, int16(0)),
        ];
      case 10:
        return [
          ...since(1, throttle),
          int16(code),
          ...since(1, string(null)),
          int32(1),
          string('127.0.0.1'),
          int32(port),
        ];
      case 17:
        return [int16(code), many([text('PLAIN'), text('SCRAM-SHA-256')])];
      case 18:
        return [
          int16(0),
          many(ages[age].map(([ofKey, first, last]) => item(int16(ofKey), int16(first), int16(last)))),
          ...since(1, throttle),
        ];
      case 19:
        return [
          throttle,
          many([
            item(
              string(topic),
              ...since(7, Buffer.alloc(16, 7)),
              int16(code),
              string(null),
              ...since(5, int32(3), int16(1), many([])),
            ),
          ]),
        ];
      case 22:
        return [throttle, int16(code), int64(7), int16(0)];
      case 32:
        return [
          throttle,
          many([
            item(
              int16(code),
              string(null),
              int8(2),
              string(topic),
              many([
                item(
                  string('retention.ms'),
                  string('1000'),
                  int8(0),
                  int8(1),
                  int8(0),
                  ...since(1, many([item(string('retention.ms'), string('1000'), int8(1))])),
                  ...since(3, int8(5), string(null)),
                ),
              ]),
            ),
          ]),
        ];
      case 36:
        return [int16(code), string(null), bytes(Buffer.alloc(0)), ...since(1, int64(0))];
      default:
        return [];
    }
  };
  return Buffer.concat([...header, ...answer(), tags]);
}
