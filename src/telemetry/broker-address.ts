/** `host:port` or `[v6]:port` as OpenTelemetry has it. */
export function hostAndPort(broker: string): { 'server.address': string; 'server.port'?: number } {
  const { host = broker, port } = /^\[?(?<host>.*?)\]?(?::(?<port>\d+))?$/.exec(broker)?.groups ?? {};
  return port === undefined
    ? { 'server.address': host }
    : { 'server.address': host, 'server.port': Number(port) };
}
