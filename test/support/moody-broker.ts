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
}

export interface MoodyBroker {
  readonly port: number;
  readonly moods: Moods;
  /** Ports of the cluster's brokers, whose node ids count from 1. */
  ports: readonly number[];
  /** Produce requests that were read, and taken. */
  readonly produced: number;
  /** Those that were refused for another leader. */
  readonly turnedAway: number;
  /** Codes of the logins. */
  readonly logins: readonly number[];
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
  };
  const sockets = new Set<Socket>();
  const seen = { produced: 0, turnedAway: 0, opened: 0 };
  const logins: number[] = [];
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
      else if (request.key === 18) request.reply(versionsAnswer(request.version, offers));
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
    reply(list(producedTo(body)), int32(moods.throttle));
    if (moods.throttle === 0) return;
    socket.pause();
    setTimeout(() => socket.resume(), moods.throttle).unref();
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
    get open() {
      return sockets.size;
    },
    logins,
  };
  return broker;
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
