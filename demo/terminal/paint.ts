import { styleText } from 'node:util';

export type Style = 'bold' | 'dim' | 'cyan' | 'green' | 'yellow' | 'red';

/** Dresses a text for where it is written. */
export type Paint = (style: Style, text: string) => string;

/** Colours on a terminal only, and never against NO_COLOR: both are looked after by Node. */
export const paint: Paint = (style, text) => styleText(style, text, { stream: process.stdout });

export const plain: Paint = (_, text) => text;

/**
 * A text that came over the network, made safe to print: what is stored may hold bytes that would move the terminal's
 * cursor, change its title or worse.
 */
export function printable(text: string): string {
  return text.replace(
    // eslint-disable-next-line no-control-regex -- control characters are what this is about
    /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
