/** Where a broker is, as users and brokers name it. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, `[v6]:port` or `host`: the parts that are written. */
export function partsOf(broker: string): { readonly host: string; readonly port: number | undefined } {
  const { host = broker, port } = /^\[?(?<host>.*?)\]?(?::(?<port>\d+))?$/.exec(broker)?.groups ?? {};
  return { host, port: port === undefined ? undefined : Number(port) };
}

/** The same with Kafka's port where none is written. */
export function parseAddress(broker: string): Address {
  const { host, port = 9092 } = partsOf(broker);
  return { host, port };
}

export function addressOf({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
