import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePorts } from '../../scripts/kafka/ports.ts';

interface Pair {
  readonly client: Socket;
  readonly broker: Socket;
  /** Answers that are held up, oldest first. */
  readonly late: Buffer[];
}

/**
 * A TCP proxy in front of one broker, to be advertised as the broker's address, so that a test can break the network:
 *
 *     const proxy = await openProxy();
 *     const kafka = await startKafka({ advertised: (_id, port) => proxy.inFrontOf(port) });
 *     t.after(async () => { await proxy.close(); await kafka.stop(); });
 *
 * Readers keep working meanwhile: `readBack(kafka.direct, …)`.
 */
export async function openProxy(): Promise<Proxy> {
  const [port = 0] = await freePorts(1);
  const proxy = new Proxy(port);
  await proxy.accept();
  return proxy;
}

export class Proxy {
  /** What clients are told. */
  readonly address: string;
  /** Connections accepted so far. */
  connections = 0;
  /** Bytes from clients that were passed on to the broker. */
  sent = 0;
  /** Bytes from the broker that were passed on to clients. */
  received = 0;

  readonly #port: number;
  readonly #pairs = new Set<Pair>();
  #server: Server | undefined;
  #target = 0;
  #paused = false;
  #answersLost = false;
  #answerDelayMs = 0;
  #answerJitterMs = 0;
  #answerBytesLeft = Infinity;

  constructor(port: number) {
    this.#port = port;
    this.address = `127.0.0.1:${String(port)}`;
  }

  /** @returns the address to advertise */
  inFrontOf(brokerPort: number): string {
    this.#target = brokerPort;
    return this.address;
  }

  get openConnections(): number {
    return this.#pairs.size;
  }

  /** Resets (RST) the connections that are open now; new ones are welcome. */
  reset(): void {
    for (const { client, broker } of [...this.#pairs]) {
      client.resetAndDestroy();
      broker.destroy();
    }
  }

  /** Nothing listens any more: new connections get ECONNREFUSED. Those that are open stay. */
  refuse(): void {
    this.#server?.close();
    this.#server = undefined;
  }

  /** After `refuse`: the same port again. */
  async accept(): Promise<void> {
    if (this.#server) return;
    const server = createServer({ noDelay: true, allowHalfOpen: false }, (client) => this.#join(client));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(this.#port, '127.0.0.1', resolve);
    });
  }

  /** A cut cable: connections stay, also new ones open, and nothing passes until `heal`, when what was sent arrives. */
  blackHole(): void {
    this.#paused = true;
    for (const { client, broker } of this.#pairs) {
      client.pause();
      broker.pause();
    }
  }

  /** The broker gets the requests and its answers vanish: the client cannot know what was stored. */
  loseAnswers(): void {
    this.#answersLost = true;
  }

  /** @param jitter up to so many milliseconds more or less; answers stay in their order, as TCP has them */
  delayAnswers(ms: number, jitter = 0): void {
    this.#answerDelayMs = ms;
    this.#answerJitterMs = jitter;
  }

  /** Passes this many more bytes of answers, over all connections, then resets the connection in mid-answer, once. */
  cutAnswersAfter(bytes: number): void {
    this.#answerBytesLeft = bytes;
  }

  /** The broker's ends are gone, as after a crash of its machine; the clients' stay open and hear nothing. */
  halfOpen(): void {
    for (const pair of [...this.#pairs]) {
      this.#pairs.delete(pair);
      this.#orphans.add(pair.client);
      pair.client.once('close', () => this.#orphans.delete(pair.client));
      pair.broker.destroy();
    }
  }

  readonly #orphans = new Set<Socket>();

  /** Ends every trouble but `refuse` (see `accept`), and those of connections already lost. */
  heal(): void {
    this.#paused = false;
    this.#answersLost = false;
    this.#answerDelayMs = 0;
    this.#answerBytesLeft = Infinity;
    for (const { client, broker } of this.#pairs) {
      client.resume();
      broker.resume();
    }
  }

  async close(): Promise<void> {
    const server = this.#server;
    this.refuse();
    this.reset();
    for (const client of this.#orphans) client.destroy();
    if (server?.listening) await new Promise((resolve) => server.once('close', resolve));
  }

  #join(client: Socket): void {
    this.connections += 1;
    const broker = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const pair: Pair = { client, broker, late: [] };
    this.#pairs.add(pair);
    client.on('data', (bytes: Buffer) => {
      this.sent += bytes.length;
      broker.write(bytes);
    });
    broker.on('data', (bytes: Buffer) => this.#answer(pair, bytes));
    // One side's end is the other's, unless `halfOpen` parted them.
    const part = (other: Socket) => () => {
      if (this.#pairs.delete(pair)) other.destroy();
    };
    client.on('error', () => undefined).on('close', part(broker));
    broker.on('error', () => undefined).on('close', part(client));
    if (!this.#paused) return;
    client.pause();
    broker.pause();
  }

  #answer(pair: Pair, bytes: Buffer): void {
    if (this.#answersLost) return;
    const ms = this.#answerDelayMs + (2 * Math.random() - 1) * this.#answerJitterMs;
    if (ms <= 0 && pair.late.length === 0) return this.#pass(pair, bytes);
    pair.late.push(bytes);
    // Whichever timer is first, the oldest bytes go first.
    setTimeout(() => this.#pass(pair, pair.late.shift() ?? Buffer.alloc(0)), ms);
  }

  #pass(pair: Pair, bytes: Buffer): void {
    if (pair.client.destroyed) return;
    const whole = bytes.length <= this.#answerBytesLeft;
    const passed = whole ? bytes : bytes.subarray(0, this.#answerBytesLeft);
    this.#answerBytesLeft -= passed.length;
    this.received += passed.length;
    if (whole) {
      pair.client.write(passed);
      return;
    }
    this.#answerBytesLeft = Infinity;
    // Flushed first, or the reset would overtake the bytes.
    pair.client.write(passed, () => pair.client.resetAndDestroy());
  }
}
