import { productOf, type Product } from './products.ts';

export interface Line {
  readonly product: Product;
  readonly quantity: number;
}

const place = 'basket';

/** What is in the basket; it lasts as long as the tab. */
export const basket = {
  get lines(): Line[] {
    return Object.entries(read()).flatMap(([id, quantity]) => {
      const product = productOf(id);
      return product ? [{ product, quantity }] : [];
    });
  },
  get items(): number {
    return this.lines.reduce((sum, { quantity }) => sum + quantity, 0);
  },
  /** In euros, to the cent. */
  get value(): number {
    const cents = this.lines.reduce((sum, { product, quantity }) => sum + product.price * 100 * quantity, 0);
    return Math.round(cents) / 100;
  },
  add(id: string): void {
    const lines = read();
    write({ ...lines, [id]: (lines[id] ?? 0) + 1 });
  },
  remove(id: string): void {
    write(Object.fromEntries(Object.entries(read()).filter(([other]) => other !== id)));
  },
  clear(): void {
    write({});
  },
};

function read(): Record<string, number> {
  return JSON.parse(sessionStorage.getItem(place) ?? '{}') as Record<string, number>;
}

function write(lines: Readonly<Record<string, number>>): void {
  sessionStorage.setItem(place, JSON.stringify(lines));
}
