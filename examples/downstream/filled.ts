import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * Copies an example into a folder, with this run's addresses, topics and folders instead of those that it shows.
 * @param replacements what stands in the example, to what takes its place
 * @returns the copy
 * @throws Error when one of them does not stand in the example
 */
export function filled(example: URL, folder: string, replacements: Readonly<Record<string, string>>): string {
  const text = readFileSync(example, 'utf8');
  for (const shown of Object.keys(replacements))
    if (!text.includes(shown)) throw new Error(`${example.pathname} does not say ${shown}`);
  // The longest first, for one may stand in another.
  const pairs = Object.entries(replacements).sort(([a], [b]) => b.length - a.length);
  const copy = join(folder, basename(example.pathname));
  writeFileSync(copy, replaced(text, pairs));
  return copy;
}

/** What took something's place is not looked at again. */
function replaced(text: string, [pair, ...others]: readonly (readonly [string, string])[]): string {
  if (!pair) return text;
  const [shown, ours] = pair;
  return text
    .split(shown)
    .map((part) => replaced(part, others))
    .join(ours);
}
