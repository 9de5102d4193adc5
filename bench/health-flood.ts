import { connect } from 'node:net';
import { setPriority } from 'node:os';

/**
 * Floods a port, in a process of its own: up to a hundred connections at once, and two thousand new ones a second, which is more
 * than a flow could hang up on beside its events. It is told by messages to begin (`true`) and to pause (`false`), and answers each
 * with how many connections it has tried.
 */
const port = Number(process.argv[2]);
const perSecond = 2_000;
const most = 100;
let timer: NodeJS.Timeout | undefined;
let asked = 0;
let open = 0;

// A flood comes from another machine: it shall not take the broker's core.
setPriority(19);

function flood(): NodeJS.Timeout {
  const start = performance.now();
  let begun = 0;
  return setInterval(() => {
    const due = ((performance.now() - start) / 1_000) * perSecond;
    for (; begun < due && open < most; begun++) ask();
  }, 1);
}

function ask(): void {
  asked++;
  open++;
  const socket = connect(port, '127.0.0.1', () => socket.write('GET /ready HTTP/1.1\r\nhost: flood\r\n\r\n'));
  socket.on('error', () => undefined).on('close', () => open--);
  socket.resume();
}

process.on('message', (on: boolean) => {
  clearInterval(timer);
  if (on) timer = flood();
  process.send?.(asked);
});
process.on('disconnect', () => process.exit());
