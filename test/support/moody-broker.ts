import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { int16, int32, int64, list, onRequests, text, versionsAnswer, type Request } from './broker-bytes.ts';

/** What a real broker does rarely, and not when a test wants it. */
export interface Moods {
  /** Nothing more is read, on any connection. */
  frozen: boolean;
  /** Produce answers say so, and their connection is not read from for so long (KIP-219). Milliseconds. */
  throttle: number;
  /** Not the leader any more: under `acks: 0` it can only hang up. */
  deposed: boolean;
  /** Node id of the leader of all partitions. */
  leader: number;
  /** Indexes of the partitions that metadata tells, in this order. */
  partitions: readonly number[];
  /** What metadata tells beside the brokers that there are. */
  moreBrokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  clusterId: string | null;
  /** Kafka's code for a connection's n-th login, counted from 0. */
  login: (nth: number) => number;
  /** Milliseconds; 0: endless. */
  session: number;
  /** What the broker says about a batch; undefined: it is stored. Answered with Produce 8, which has room for it. */
  judge: ((topic: string, records: readonly SentRecord[]) => Refusal | undefined) | undefined;
}

/** A record of a batch that is not compressed. */
export interface SentRecord {
  readonly topic: string;
  readonly timestamp: number;
  readonly value: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly code: number;
  /** `record_errors`: the index in the batch, and the broker's words. */
  readonly named?: readonly (readonly [index: number, message: string | null])[];
  readonly message?: string | null;
}

export interface MoodyBroker {
  readonly port: number;
  readonly moods: Moods;
  /** Ports of the cluster's brokers, whose node ids count from 1. */
  ports: readonly number[];
  /** Produce requests that were read, and taken. */
  readonly produced: number;
  /** What was stored, where batches are judged. */
  readonly stored: readonly SentRecord[];
  /** The batches that came, where batches are judged: topic, number of records, and the first sequence number. */
  readonly batches: readonly (readonly [topic: string, records: number, firstSequence: number])[];
  /** Those that were refused for another leader. */
  readonly turnedAway: number;
  /** Codes of the logins. */
  readonly logins: readonly number[];
  /** Ends all connections. */
  hangUp(): void;
  /** Connections open now, and ever. */
  readonly open: number;
  readonly opened: number;
}

const offers = [
  [0, 0, 7],
  [3, 0, 7],
  [17, 0, 1],
  [18, 0, 1],
  [22, 0, 1],
  [36, 0, 1],
] as const;

/** A broker whose moods the test makes. It has every topic. Ends with the test. */
export async function moodyBroker(t: TestContext): Promise<MoodyBroker> {
  const moods: Moods = {
    frozen: false,
    throttle: 0,
    deposed: false,
    leader: 1,
    partitions: [0],
    moreBrokers: [],
    clusterId: 'cluster',
    login: () => 0,
    session: 0,
    judge: undefined,
  };
  const sockets = new Set<Socket>();
  const seen = { produced: 0, turnedAway: 0, opened: 0 };
  const logins: number[] = [];
  const stored: SentRecord[] = [];
  const batches: (readonly [string, number, number])[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    seen.opened += 1;
    sockets.add(socket);
    let refused = false;
    socket
      .on('close', () => sockets.delete(socket))
      .on('data', () => void (moods.frozen && socket.pause()))
      .on('end', () => void (refused || socket.end()));
    let loggedIn = 0;
    onRequests(socket, (request) => {
      if (moods.frozen) return;
      if (request.key === 0) produce(socket, request);
      else if (request.key === 3) metadata(request);
      else if (request.key === 17) request.reply(int16(0), list([text('PLAIN')]));
      else if (request.key === 18) request.reply(versionsAnswer(request.version, versions()));
      else if (request.key === 22) request.reply(int32(0), int16(0), int64(4711), int16(0));
      else if (request.key === 36) {
        const code = moods.login(loggedIn++);
        refused = code !== 0;
        logIn(socket, request, code);
      } else socket.destroy();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });

  function versions() {
    return offers.map(([key, first, last]) => [key, first, key === 0 && moods.judge ? 8 : last] as const);
  }

  function logIn(socket: Socket, { reply }: Request, code: number): void {
    logins.push(code);
    reply(int16(code), text(code === 0 ? null : 'Authentication failed'), int32(0), int64(moods.session));
    // `connection.failed.authentication.delay.ms`, in which a farewell goes unread.
    if (code !== 0) setTimeout(() => socket.destroy(), 500);
  }

  function metadata({ version, body, reply }: Request): void {
    const brokers = [
      ...broker.ports.map((port, at) => ({ nodeId: at + 1, host: '127.0.0.1', port })),
      ...moods.moreBrokers,
    ].map(({ nodeId, host, port }) => Buffer.concat([int32(nodeId), text(host), int32(port), text(null)]));
    const partitions = moods.partitions.map((index) =>
      Buffer.concat([
        int16(0),
        int32(index),
        int32(moods.leader),
        // The leader's epoch.
        ...(version >= 7 ? [int32(0)] : []),
        list([int32(1)]),
        list([int32(1)]),
        list([]),
      ]),
    );
    const topics = namesIn(body).map((name) =>
      Buffer.concat([int16(0), text(name), Buffer.from([0]), list(partitions)]),
    );
    reply(int32(0), list(brokers), text(moods.clusterId), int32(1), list(topics));
  }

  function produce(socket: Socket, { body, reply }: Request): void {
    // No transactional id; acks, the time-out, then the topics.
    const acks = body.readInt16BE(2);
    if (moods.deposed) {
      seen.turnedAway += 1;
      socket.destroy();
      return;
    }
    seen.produced += 1;
    if (acks === 0) return;
    if (moods.judge !== undefined) return judge(body, reply, moods.judge);
    reply(list(producedTo(body)), int32(moods.throttle));
    if (moods.throttle === 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), moods.throttle).unref();
  }

  function judge(body: Buffer, reply: Request['reply'], verdict: NonNullable<Moods['judge']>): void {
    const answers = batchesIn(body).map(({ topic, partition, batch }) => {
      const records = recordsOf(topic, batch);
      batches.push([topic, records.length, batch.readInt32BE(53)]);
      const refusal = verdict(topic, records);
      if (refusal === undefined) stored.push(...records);
      const { code = 0, named = [], message = null } = refusal ?? {};
      const errors = named.map(([index, words]) => Buffer.concat([int32(index), text(words)]));
      const answer = [
        int32(partition),
        int16(code),
        int64(0),
        int64(-1),
        int64(0),
        list(errors),
        text(message),
      ];
      return Buffer.concat([text(topic), list([Buffer.concat(answer)])]);
    });
    reply(list(answers), int32(0));
  }

  const { port } = server.address() as AddressInfo;
  const broker: MoodyBroker = {
    port,
    moods,
    ports: [port],
    get produced() {
      return seen.produced;
    },
    get turnedAway() {
      return seen.turnedAway;
    },
    get opened() {
      return seen.opened;
    },
    hangUp: () => {
      for (const socket of sockets) socket.destroy();
    },
    get open() {
      return sockets.size;
    },
    logins,
    stored,
    batches,
  };
  return broker;
}

/** Of a Produce request without a transactional id. */
function batchesIn(body: Buffer): { topic: string; partition: number; batch: Buffer }[] {
  const found: { topic: string; partition: number; batch: Buffer }[] = [];
  let at = 12;
  for (let topics = body.readInt32BE(8); topics > 0; topics--) {
    const end = at + 2 + body.readInt16BE(at);
    const topic = body.toString('utf8', at + 2, end);
    at = end + 4;
    for (let partitions = body.readInt32BE(end); partitions > 0; partitions--) {
      const size = body.readInt32BE(at + 4);
      found.push({ topic, partition: body.readInt32BE(at), batch: body.subarray(at + 8, at + 8 + size) });
      at += 8 + size;
    }
  }
  return found;
}

function recordsOf(topic: string, batch: Buffer): SentRecord[] {
  const base = Number(batch.readBigInt64BE(27));
  let at = 61;
  const varint = (): number => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = batch[at++] ?? 0;
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number((value >> 1n) ^ -(value & 1n));
    }
  };
  const bytes = (): string => {
    const length = varint();
    at += length;
    return batch.toString('utf8', at - length, at);
  };
  return Array.from({ length: batch.readInt32BE(57) }, () => {
    varint();
    at += 1;
    const timestamp = base + varint();
    varint();
    bytes();
    const value = bytes();
    const headers = Array.from({ length: varint() }, () => [bytes(), bytes()] as const);
    return { topic, timestamp, value, headers: Object.fromEntries(headers) };
  });
}

function namesIn(body: Buffer): string[] {
  const names: string[] = [];
  let at = 4;
  for (let count = body.readInt32BE(0); count > 0; count--) {
    const end = at + 2 + body.readInt16BE(at);
    names.push(body.toString('utf8', at + 2, end));
    at = end;
  }
  return names;
}

/** Of a Produce answer: each topic of the request with its partitions, all of them stored. */
function producedTo(body: Buffer): Buffer[] {
  let at = 8;
  const next = (): number => {
    at += 4;
    return body.readInt32BE(at - 4);
  };
  return Array.from({ length: next() }, () => {
    const end = at + 2 + body.readInt16BE(at);
    const name = body.subarray(at, end);
    at = end;
    const partitions = Array.from({ length: next() }, () => {
      const partition = next();
      at += next();
      return Buffer.concat([int32(partition), int16(0), int64(0), int64(-1), int64(0)]);
    });
    return Buffer.concat([name, list(partitions)]);
  });
}
