/**
 * `node bench/link.ts <port> <target port>`: a network in front of a broker, in a process of its own, so that its work is not
 * the row's. What its parent sends it: a round trip in milliseconds, or `cut` for a network that is gone.
 */
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setPriority } from 'node:os';

const [port = 0, target = 0] = process.argv.slice(2).map(Number);
const sockets = new Set<Socket>();
let roundTrip = 0;
let server: Server | undefined;

// What passes late because this process had no turn would be counted as the link's.
try {
  setPriority(-20);
} catch {
  // Only root may.
}

process.once('disconnect', () => process.exit());
process.on('message', (message: number | 'cut') => {
  if (message !== 'cut') roundTrip = message;
  const told = (): void => void process.send?.(message);
  if (message === 'cut') cut(told);
  else if (server === undefined) open(told);
  else told();
});

function open(then: () => void): void {
  server = createServer({ noDelay: true }, (client) => {
    const broker = connect({ port: target, host: '127.0.0.1', noDelay: true });
    join(client, broker);
    join(broker, client);
  });
  server.listen(port, '127.0.0.1', then);
}

function cut(then: () => void): void {
  server?.close();
  server = undefined;
  for (const socket of sockets) socket.resetAndDestroy();
  then();
}

/** What comes at one end leaves the other half a round trip later, in its order. */
function join(from: Socket, to: Socket): void {
  const late: Buffer[] = [];
  sockets.add(from);
  from.on('data', (bytes: Buffer) => {
    if (roundTrip === 0) return void to.write(bytes);
    late.push(bytes);
    setTimeout(() => to.write(late.shift() ?? Buffer.alloc(0)), roundTrip / 2);
  });
  from.on('error', () => undefined);
  from.on('close', () => {
    sockets.delete(from);
    to.destroy();
  });
}
