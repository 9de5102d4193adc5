import type { Paint } from './paint.ts';

/** Columns of the labels, in spaces: what goes on in the next line starts below the text. */
export const margin = '           ';

/** One line of the head and of a record: the label in its column. */
export function field(label: string, text: string, paint: Paint): string {
  return `  ${paint('dim', label.padEnd(margin.length - 2))}${text}`;
}
