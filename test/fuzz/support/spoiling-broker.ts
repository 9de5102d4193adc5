import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { int16, int32, onMessages, text } from '../../support/broker-bytes.ts';
import { goodAnswer, type Age } from './good-answers.ts';
import { spoil, type Spoilt } from './spoil.ts';

/** Answers by the number of their request. */
export interface AnswerCount {
  readonly spoilt: Map<number, number>;
  readonly good: Map<number, number>;
}

export interface SpoilingBroker {
  readonly address: string;
  readonly port: number;
  close(): void;
}

/** A broker whose answers are spoilt. Each of its connections speaks as an old or a young one. */
export async function spoilingBroker(random: () => number, count: AnswerCount): Promise<SpoilingBroker> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    const age: Age = random() < 0.5 ? 'old' : 'young';
    // Of a connection all of whose answers are spoilt nobody sees more than the first.
    const mischief = random() < 0.2 ? 1 : random() * 0.6;
    let held: Buffer[] = [];
    const write = (bytes: Buffer): void => {
      if (!socket.destroyed) socket.write(bytes);
    };
    onMessages(socket, (message) => {
      const key = message.readInt16BE(0);
      const version = message.readInt16BE(2);
      const body = bodyOf(message, key, version, age);
      const number = message.subarray(4, 8);
      const good = Buffer.concat([int32(body.length + 4), number, body]);
      const spoilt: Spoilt =
        random() < mischief ? spoil(number, body, random) : { kind: 'send', bytes: good };
      const isGood = spoilt.kind === 'send' && spoilt.bytes.equals(good);
      const counted = isGood ? count.good : count.spoilt;
      counted.set(key, (counted.get(key) ?? 0) + 1);
      const behind = held;
      held = [];
      if (spoilt.kind === 'send') write(spoilt.bytes);
      else if (spoilt.kind === 'swapped') held = [spoilt.bytes];
      else if (spoilt.kind === 'late') setTimeout(() => write(spoilt.bytes), spoilt.by).unref();
      else if (spoilt.kind === 'pieces') void inPieces(spoilt.bytes, write);
      for (const bytes of behind) write(bytes);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  function bodyOf(message: Buffer, key: number, version: number, age: Age): Buffer {
    if (key === 18 && version > (age === 'old' ? 1 : 3)) return Buffer.concat([int16(35), int32(0)]);
    const scram = key === 36 ? /n,,n=.*,r=([^,]*)/.exec(message.toString('latin1')) : null;
    if (scram === null || version > 1) return goodAnswer(key, version, age, port);
    const first = Buffer.from(`r=${scram[1]}1,s=c2FsdA==,i=4096`);
    return Buffer.concat([int16(0), text(null), int32(first.length), first, Buffer.alloc(8)]);
  }

  return {
    address: `127.0.0.1:${port}`,
    port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

async function inPieces(bytes: Buffer, write: (bytes: Buffer) => void): Promise<void> {
  const size = 1 + (bytes.length >> 2);
  for (let at = 0; at < bytes.length; at += size) {
    write(bytes.subarray(at, at + size));
    await new Promise(setImmediate);
  }
}
