import { connect } from 'node:net';

/**
 * Floods a port, in a process of its own: a hundred connections that ask again as soon as they were answered or hung up on. It is
 * told by messages to begin (`true`) and to pause (`false`), and answers each with how many requests it has made.
 */
const port = Number(process.argv[2]);
let isOn = false;
let asked = 0;

function ask(): void {
  if (!isOn) return;
  asked++;
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /ready HTTP/1.1\r\nhost: flood\r\n\r\n'));
  socket.on('error', () => undefined).on('close', () => setImmediate(ask));
  socket.resume();
}

process.on('message', (on: boolean) => {
  isOn = on;
  if (on) for (let n = 0; n < 100; n++) ask();
  process.send?.(asked);
});
process.on('disconnect', () => process.exit());
