import type { Socket } from 'node:net';

/** What brokers of a script read and write: Kafka's numbers and strings, and a size before each message. */

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export function int64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(value));
  return bytes;
}

export function text(value: string | null): Buffer {
  return value === null ? int16(-1) : Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
}

export function list(items: readonly Buffer[]): Buffer {
  return Buffer.concat([int32(items.length), ...items]);
}

export interface Request {
  readonly key: number;
  readonly version: number;
  readonly body: Buffer;
  readonly reply: (...parts: readonly Buffer[]) => void;
}

/** Reads requests whose headers have no tags, as those of older versions. */
export function onRequests(socket: Socket, answer: (request: Request) => void): void {
  socket.on('error', () => undefined);
  onMessages(socket, (message) => answer(requestOf(socket, message)));
}

/** Reads messages, each without the size before it. */
export function onMessages(socket: Socket, onMessage: (message: Buffer) => void): void {
  let chunks: Buffer[] = [];
  let size = 0;
  let wanted = 4;
  socket.on('data', (bytes: Buffer) => {
    chunks.push(bytes);
    size += bytes.length;
    // Put together only when a message is whole: large ones come in hundreds of pieces.
    while (size >= wanted) {
      const waiting = Buffer.concat(chunks);
      const end = 4 + waiting.readInt32BE(0);
      if (size >= end) onMessage(waiting.subarray(4, end));
      const rest = size >= end ? waiting.subarray(end) : waiting;
      wanted = size >= end ? 4 : end;
      chunks = [rest];
      size = rest.length;
    }
  });
}

function requestOf(socket: Socket, message: Buffer): Request {
  return {
    key: message.readInt16BE(0),
    version: message.readInt16BE(2),
    body: message.subarray(10 + Math.max(0, message.readInt16BE(8))),
    reply(...parts) {
      const content = Buffer.concat([message.subarray(4, 8), ...parts]);
      socket.write(Buffer.concat([int32(content.length), content]));
    },
  };
}

/** What a broker says of one request: its number, the first and the last version. */
export type Offer = readonly [key: number, first: number, last: number];

/** The answer to ApiVersions 0 to 2; later ones get UNSUPPORTED_VERSION, which makes clients ask with those. */
export function versionsAnswer(version: number, offered: readonly Offer[]): Buffer {
  const offers = offered.map(([key, first, last]) => Buffer.concat([int16(key), int16(first), int16(last)]));
  const throttle = version === 1 || version === 2 ? [int32(0)] : [];
  return Buffer.concat([int16(version > 2 ? 35 : 0), list(offers), ...throttle]);
}
