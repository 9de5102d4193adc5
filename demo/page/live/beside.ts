import { html, make, onClick } from '../element.ts';

const wide = matchMedia('(min-width: 76rem)');
const root = document.documentElement;

/** The shop in a frame beside the stream, where there is room for both. theme.ts has made room for it already. */
export function setUpShopBeside(): void {
  const show = (): void => {
    const wanted = root.classList.contains('with-shop');
    html('frame-toggle').setAttribute('aria-pressed', String(wanted));
    // Loaded when it is first seen, and kept then: it may hold a basket.
    if (!wanted || !wide.matches || html('phone').childElementCount > 0) return;
    const frame = make('iframe');
    frame.title = 'The shop';
    frame.src = '/';
    html('phone').append(frame);
  };
  onClick('frame-toggle', () => {
    const wanted = root.classList.toggle('with-shop');
    localStorage.setItem('shop-beside', wanted ? 'yes' : 'no');
    show();
  });
  wide.addEventListener('change', show);
  show();
}
