export interface Product {
  readonly id: string;
  readonly name: string;
  /** In euros. */
  readonly price: number;
  readonly tone: string;
  readonly text: string;
}

export const products: readonly Product[] = [
  {
    id: 'kettle',
    name: 'Enamel kettle',
    price: 39.5,
    tone: 'rose',
    text: 'Holds a litre and a half, whistles in F sharp, and is still there when your stove is not.',
  },
  {
    id: 'teapot',
    name: 'Clay teapot',
    price: 54,
    tone: 'clay',
    text: 'Unglazed, so it remembers. Keep it to one kind of tea, and it gives some of it back.',
  },
  {
    id: 'cup',
    name: 'Morning cup',
    price: 12,
    tone: 'sky',
    text: 'A quarter of a litre, with a handle for two fingers and a saucer for the rest of the day.',
  },
  {
    id: 'assam',
    name: 'Assam, second flush',
    price: 9.8,
    tone: 'moss',
    text: 'Malty and dark. A hundred grams, picked in June, for those who take it with milk.',
  },
  {
    id: 'infuser',
    name: 'Basket infuser',
    price: 14.5,
    tone: 'steel',
    text: 'Room for the leaves to open, and holes small enough that they stay where they are.',
  },
  {
    id: 'tray',
    name: 'Ash wood tray',
    price: 28,
    tone: 'sand',
    text: 'For two cups and no conversation. Oiled, not lacquered; it ages as you do.',
  },
];

export const productOf = (id: string): Product | undefined => products.find((product) => product.id === id);

export const euros = (amount: number): string =>
  amount.toLocaleString('en', { style: 'currency', currency: 'EUR' });
