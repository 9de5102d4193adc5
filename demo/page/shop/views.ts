import { basket } from './basket.ts';
import { euros, productOf, type Product, products } from './products.ts';
import { fill } from './template.ts';

export interface View {
  readonly title: string;
  readonly element: Element;
}

/** The order that the checkout is about; the same until it is paid. */
let order = newOrder();
let paid = { order: '', value: 0 };

/** What an address shows. */
export function viewOf(path: string): View {
  const product = /^\/product\/([a-z-]+)$/.exec(path)?.[1];
  if (product !== undefined) return detail(product);
  switch (path) {
    case '/basket':
      return { title: 'Your basket', element: basketView() };
    case '/checkout':
      return { title: 'Checkout', element: fill('view-checkout', sums()) };
    case '/thanks':
      return { title: 'Thank you', element: fill('view-thanks', { ...paid, shown: euros(paid.value) }) };
    default:
      return list();
  }
}

/** Ends the order: the basket is empty, and the next one has a number of its own. */
export function pay(): void {
  paid = { order, value: basket.value };
  basket.clear();
  order = newOrder();
}

function list(): View {
  const element = fill('view-list', {});
  element.querySelector('.grid')?.append(...products.map((product) => fill('view-card', valuesOf(product))));
  return { title: 'Steep & Co.', element };
}

function detail(id: string): View {
  const product = productOf(id);
  return product ? { title: product.name, element: fill('view-product', valuesOf(product)) } : list();
}

function basketView(): Element {
  const element = fill('view-basket', sums());
  const lines = basket.lines.map(({ product, quantity }) =>
    fill('view-line', { ...valuesOf(product), quantity, shown: euros(product.price * quantity) }),
  );
  element.querySelector('.lines')?.append(...lines);
  element.querySelector(lines.length > 0 ? '.empty' : '.total')?.remove();
  return element;
}

const sums = () => ({ order, items: basket.items, value: basket.value, shown: euros(basket.value) });

const valuesOf = (product: Product) => ({ ...product, shown: euros(product.price) });

function newOrder(): string {
  return `o-${Math.random().toString(36).slice(2, 8)}`;
}
