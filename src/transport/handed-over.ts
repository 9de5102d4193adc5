import type { Socket } from 'node:net';

/**
 * Waits until the kernel has all that was written. Until then it lies in Node's own memory, without end behind a broker
 * that does not read, and is gone with the connection.
 * @param timeout milliseconds; the connection ends with it
 * @throws where it may have been sent in part
 */
export function handedOver(socket: Socket | undefined, timeout: number): Promise<void> {
  if (socket === undefined || socket.destroyed) return Promise.reject(new Error('Connection closed'));
  if (socket.writableLength === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new Error('Request timed out'));
      socket.destroy();
    }, timeout);
    // Not 'drain', which comes only where more than a few KB waited: a write is told when those before it are done.
    socket.write('', (failure) => {
      clearTimeout(timer);
      if (failure) reject(new Error('Connection closed', { cause: failure }));
      else resolve();
    });
  });
}
