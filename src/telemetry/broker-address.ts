import { partsOf } from '../model/address.ts';

/** The address of a broker as OpenTelemetry has it. */
export function hostAndPort(broker: string): { 'server.address': string; 'server.port'?: number } {
  const { host, port } = partsOf(broker);
  return { 'server.address': host, ...(port !== undefined && { 'server.port': port }) };
}
