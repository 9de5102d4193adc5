import { createServer } from 'node:net';

/**
 * Below the range from which systems take ports for outgoing connections: a broker that is killed must find its port
 * free again when it comes back, not occupied by some client's connection.
 */
const lowest = 15_000;
const highest = 32_000;
const given = new Set<number>();

/** Ports that nothing listens on, and that this process has not given away before. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest));
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
