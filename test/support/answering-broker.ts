import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { goodAnswer, type Age } from '../fuzz/support/good-answers.ts';
import { int16, int32, onMessages } from './broker-bytes.ts';

export interface AnsweringBroker {
  readonly port: number;
  /** Kafka's code for the next request of this number; 0 where there is none. */
  codes: Readonly<Record<number, () => number>>;
  /** Node id that metadata tells. */
  controller: number;
  /** Ports of the cluster's brokers, whose node ids count from 1. */
  ports: readonly number[];
  /** Numbers of the requests that were answered, in their order. */
  readonly asked: readonly number[];
}

/** A broker that answers every request that we send, well or with the code that a test wants. Ends with the test. */
export async function answeringBroker(t: TestContext, age: Age = 'old'): Promise<AnsweringBroker> {
  const asked: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    onMessages(socket, (message) => {
      const [key, version] = [message.readInt16BE(0), message.readInt16BE(2)];
      asked.push(key);
      const { port, ports, controller, codes } = broker;
      const code = codes[key]?.() ?? 0;
      const body =
        key === 18 && version > (age === 'old' ? 1 : 3)
          ? Buffer.concat([int16(35), int32(0)])
          : goodAnswer(key, version, age, port, { code, controller, ports });
      socket.write(Buffer.concat([int32(body.length + 4), message.subarray(4, 8), body]));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const { port } = server.address() as AddressInfo;
  const broker: AnsweringBroker = { port, codes: {}, controller: 1, ports: [port], asked };
  return broker;
}
