import { byId, html, onClick, setText } from '../element.ts';
import { hueOf } from '../key-colour.ts';
import { basket } from './basket.ts';
import type { BrowserPush } from './browser-source.ts';
import { askForConsent } from './consent.ts';
import { setUpLogin } from './login.ts';
import { startRouter } from './router.ts';
import type { Sent } from './sent.ts';
import { setUpTools } from './tools.ts';
import { pay } from './views.ts';
import { visitor } from './visitor.ts';

/** Brings the page to life: addresses, basket, consent, log-in, and the tools of the demo. */
export function startShop(elb: BrowserPush, sent: Sent): void {
  document.documentElement.classList.toggle('framed', self !== top);
  // Beside the shop there is room for it; below it, it would be in the way.
  byId('sent', HTMLDetailsElement).open = matchMedia('(min-width: 62.01rem)').matches;
  showVisitor();
  showBasket();

  const router = startRouter(elb);
  askForConsent(elb, (given) => {
    if (!given) sent.refused();
    showVisitor();
  });
  setUpLogin(elb, showVisitor);
  setUpTools(elb, sent);

  html('main').addEventListener('click', ({ target }) => {
    if (!(target instanceof Element)) return;
    const button = target.closest('button');
    const { add, remove } = button?.dataset ?? {};
    if (add !== undefined) {
      basket.add(add);
      const added = html('main').querySelector('.added');
      if (added) setText(added, `In your basket: ${String(basket.items)}.`);
    }
    // The tag reads the page in the same click: it changes after that.
    if (remove !== undefined) setTimeout(() => (basket.remove(remove), showBasket(), router.refresh()));
    if (button?.id === 'pay') setTimeout(() => (pay(), showBasket(), router.go('/thanks')));
    showBasket();
  });
  onClick('forget', () => {
    visitor.forget();
    location.assign('/');
  });
}

function showBasket(): void {
  setText(html('basket-count'), String(basket.items));
}

function showVisitor(): void {
  const { consent, session, user } = visitor;
  const answer = consent === undefined ? 'not asked yet' : consent ? 'given' : 'refused';
  setText(html('consent-state'), answer);
  setText(html('key'), session);
  html('key-dot').style.setProperty('--hue', String(hueOf(session)));
  setText(html('user-state'), user ?? 'not signed in');
  setText(html('account'), user === undefined ? 'Sign in' : 'Sign out');
}
