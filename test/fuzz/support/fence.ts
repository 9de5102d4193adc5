import { Socket } from 'node:net';

/**
 * A spoilt answer names other hosts and ports: names that would be looked up, addresses in other networks, and whatever else
 * listens on this machine. Nothing but the suite's own brokers is dialled; the rest fails as a host that does not exist.
 * @param ports of the suite's brokers
 */
export function fence(ports: ReadonlySet<number>): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the socket as `this`
  const { connect } = Socket.prototype;
  const guarded = function (this: Socket, ...given: unknown[]): Socket {
    // `net.connect` hands its arguments over as one list.
    const [options] = (Array.isArray(given[0]) ? given[0] : given) as [{ host?: string; port?: number }];
    if (options.host === '127.0.0.1' && ports.has(Number(options.port)))
      return Reflect.apply(connect, this, given) as Socket;
    const failure = new Error(`getaddrinfo ENOTFOUND ${options.host}`);
    setImmediate(() => this.destroy(Object.assign(failure, { code: 'ENOTFOUND', syscall: 'getaddrinfo' })));
    return this;
  };
  Socket.prototype.connect = guarded;
}
