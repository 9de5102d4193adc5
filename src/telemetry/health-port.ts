import { lstatSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { addressOf } from '../model/cluster.ts';
import { printableJson } from '../model/foreign.ts';
import { reasonOf } from '../model/errors.ts';
import type { Notice, Notify } from '../model/notice.ts';
import type { KafkaHealth } from './health.ts';

/** A port, or a Unix socket. */
export type HealthAddress = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Whoever floods the port has so many connections at once, and as many a second; until it is over nobody listens. The loop is
 * there for events: a connection that the system refuses costs it nothing, one that it hangs up on itself 46 µs.
 */
const mostConnections = 32;
/** Milliseconds. */
const window = 1_000;
/** For a request to come in, and for an answer to be read. Milliseconds. */
const clientTimeout = 5_000;
const mostHeaderBytes = 8_192;
/** After a port that could not be opened, such as that of a process that is about to end. Milliseconds. */
const openAgainAfter = 5_000;

/** The ports of the process, by address. Copies of this package share them, as they do `kafkaHealth()`. */
const portsOfProcess = Symbol.for('walkeros-destination-kafka.health-ports');
const shared = globalThis as { [portsOfProcess]?: Map<string, Pick<HealthPort, 'join'>> };
const ports = (shared[portsOfProcess] ??= new Map<string, Pick<HealthPort, 'join'>>());

/**
 * Answers `GET /ready` and `GET /live` for one destination, at a port that it may share with others of the process. Never throws:
 * what cannot be opened is told, and tried again.
 * @param healths of all Kafka destinations of the process
 * @returns ends it; the port is closed with the last one
 */
export function answerHealth(
  address: HealthAddress,
  healths: () => KafkaHealth[],
  notify: Notify,
): () => void {
  const name = 'path' in address ? address.path : `http://${addressOf(address)}`;
  const port = ports.get(name) ?? new HealthPort(address, name, healths);
  ports.set(name, port);
  return port.join(notify);
}

class HealthPort {
  readonly #address: HealthAddress;
  readonly #name: string;
  readonly #healths: () => KafkaHealth[];
  readonly #members = new Set<Notify>();
  readonly #server: Server;
  /** Until the port is opened again. */
  #timer: NodeJS.Timeout | undefined;
  /** Closed because of a flood, for the rest of the window: nobody is told of it. */
  #isPaused = false;
  #windowEnds = 0;
  #connectionsInWindow = 0;

  constructor(address: HealthAddress, name: string, healths: () => KafkaHealth[]) {
    this.#address = address;
    this.#name = name;
    this.#healths = healths;
    this.#server = createServer({
      maxHeaderSize: mostHeaderBytes,
      headersTimeout: clientTimeout,
      requestTimeout: clientTimeout,
      connectionsCheckingInterval: 1_000,
    });
    this.#server.maxConnections = mostConnections;
    this.#server.maxRequestsPerSocket = 1;
    this.#server.timeout = clientTimeout;
    this.#server.on('request', (request, response) => this.#answer(request, response));
    this.#server.on('connection', () => this.#countConnection());
    this.#server.on('drop', () => this.#countConnection());
    this.#server.on('listening', () => this.#opened());
    this.#server.on('error', (error) => this.#failed(error));
    // A flow that is done ends, whoever asks for its health.
    this.#server.unref();
  }

  join(notify: Notify): () => void {
    this.#members.add(notify);
    if (this.#members.size === 1) this.#listen();
    return () => {
      if (this.#members.delete(notify) && this.#members.size === 0) this.#close();
    };
  }

  #listen(): void {
    // Of a cluster of processes each one speaks for itself.
    this.#server.listen({ ...this.#address, exclusive: true });
  }

  #close(): void {
    ports.delete(this.#name);
    clearTimeout(this.#timer);
    this.#server.close();
    this.#server.closeAllConnections();
  }

  #opened(): void {
    if (!this.#isPaused) this.#tell({ kind: 'health-opened', address: this.#name });
    this.#isPaused = false;
  }

  #countConnection(): void {
    const now = performance.now();
    if (now >= this.#windowEnds) {
      this.#windowEnds = now + window;
      this.#connectionsInWindow = 0;
    }
    if (++this.#connectionsInWindow < mostConnections) return;
    this.#isPaused = true;
    this.#server.close();
    this.#listenAfter(this.#windowEnds - now);
  }

  #failed(error: NodeJS.ErrnoException): void {
    // A connection that could not be accepted is no end of the port.
    if (this.#server.listening || this.#members.size === 0) return;
    if (error.code !== 'EADDRINUSE' || !('path' in this.#address)) return this.#unavailable(error);
    removeLeftSocket(this.#address.path, (removed) =>
      removed && this.#members.size > 0 ? this.#listen() : this.#unavailable(error),
    );
  }

  #unavailable(error: Error): void {
    this.#tell({ kind: 'health-unavailable', address: this.#name, reason: reasonOf(error) });
    this.#isPaused = false;
    this.#listenAfter(openAgainAfter);
  }

  #listenAfter(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#listen(), milliseconds).unref();
  }

  /** One of those who share the port writes the line. */
  #tell(notice: Notice): void {
    for (const notify of this.#members) return notify(notice);
  }

  /** Each connection has one answer. */
  #answer({ method, url = '' }: IncomingMessage, response: ServerResponse): void {
    response.shouldKeepAlive = false;
    const [path] = url.split('?', 1);
    const answer = method === 'GET' || method === 'HEAD' ? this.#answerTo(path) : notAllowed;
    const body = printableJson(JSON.stringify(answer.body));
    const headers = { 'content-type': 'application/json', 'cache-control': 'no-store', ...answer.headers };
    response.writeHead(answer.status, headers).end(body);
  }

  #answerTo(path: string | undefined): Answer {
    if (path === '/live') return { status: 200, body: { live: true } };
    if (path !== '/ready') return notFound;
    const destinations = this.#healths();
    const ready = destinations.every((health) => health.ready);
    return { status: ready ? 200 : 503, body: { ready, destinations } };
  }
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const paths = 'ask with GET for /ready or /live';
const notFound: Answer = { status: 404, body: { error: `not found: ${paths}` } };
const notAllowed: Answer = {
  status: 405,
  body: { error: `method not allowed: ${paths}` },
  headers: { allow: 'GET, HEAD' },
};

/** A process that was killed leaves its socket behind: nobody answers there, and nobody else can listen. */
function removeLeftSocket(path: string, then: (removed: boolean) => void): void {
  const probe = connect(path);
  probe.on('connect', () => {
    probe.destroy();
    then(false);
  });
  probe.on('error', ({ code }: NodeJS.ErrnoException) => {
    try {
      // Any other file refuses connections as well.
      const isLeft = code === 'ECONNREFUSED' && lstatSync(path).isSocket();
      if (isLeft) rmSync(path);
      then(isLeft);
    } catch {
      then(false);
    }
  });
}
