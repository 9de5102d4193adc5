import { html, onClick, setText } from '../element.ts';
import type { BrowserPush } from './browser-source.ts';
import { products } from './products.ts';
import type { Sent } from './sent.ts';

const burstSize = 300;

/** Traffic at the press of a button. */
export function setUpTools(elb: BrowserPush, sent: Sent): void {
  const result = html('result');

  onClick('burst', () => {
    const [begin, before] = [performance.now(), sent.stored];
    for (let n = 1; n <= burstSize; n++) {
      const product = products[n % products.length];
      void elb('product impression', { id: product?.id ?? '', price: product?.price ?? 0, position: n });
    }
    const watch = setInterval(() => {
      const stored = sent.stored - before;
      const took = Math.round(performance.now() - begin).toLocaleString('en');
      setText(result, `${Math.min(stored, burstSize)} of ${burstSize} stored after ${took} ms`);
      if (stored >= burstSize) clearInterval(watch);
    }, 50);
  });

  const replay = html('replay');
  replay.addEventListener('click', () => {
    const on = replay.getAttribute('aria-pressed') !== 'true';
    replay.setAttribute('aria-pressed', String(on));
    void fetch(`/do/replay?value=${on ? '100' : '0'}`, { method: 'POST' });
    setText(result, on ? 'Replaying 100 events a second, see the live view.' : '');
  });
}
