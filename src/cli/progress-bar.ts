const cells = 24;

/** `[########················]  33 %  1,234 of 3,700  re-sending` */
export function progressBar(done: number, all: number, what: string): string {
  const share = all === 0 ? 1 : Math.min(1, done / all);
  const filled = Math.round(share * cells);
  const bar = '#'.repeat(filled) + '·'.repeat(cells - filled);
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${bar}] ${percent} %  ${grouped(done)} of ${grouped(all)}  ${what}`;
}

export function grouped(count: number): string {
  return count.toLocaleString('en');
}
