import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The repository's folder, with a slash at the end. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A fenced block of a page. */
export interface Block {
  /** Its page, from the repository's root, such as `docs/operations.md`. */
  readonly page: string;
  /** Of its first fence. */
  readonly line: number;
  /** What the fence says; empty where it says nothing. */
  readonly language: string;
  readonly text: string;
  /** The last heading above it, without the marks. */
  readonly heading: string;
  /** What stands between the block above (or the heading) and this one. */
  readonly before: string;
  /** The part that scripts/docs.ts writes and in which it stands: `<!-- settings:start -->`. */
  readonly generated: string | undefined;
}

/** What a reader may copy from: the front page and the guides. Decisions are for those who change the package. */
export const pages: readonly string[] = [
  'README.md',
  ...globSync('docs/**/*.md', { cwd: root, exclude: ['docs/decisions/**'] }).sort(),
];

export const textOf = (page: string): string => readFileSync(`${root}${page}`, 'utf8');

/** All blocks of all pages. */
export const allBlocks = (): Block[] => pages.flatMap((page) => blocksIn(page, textOf(page)));

/** The blocks of one page, from top to bottom. */
export function blocksIn(page: string, markdown: string): Block[] {
  const found: Block[] = [];
  let heading = '';
  let before: string[] = [];
  let generated: string | undefined;
  let open: { line: number; fence: string; language: string; text: string[] } | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open) {
      if (line.trim() !== open.fence) {
        open.text.push(line);
        continue;
      }
      const { language, text } = open;
      const place = { page, line: open.line, heading, before: before.join('\n').trim(), generated };
      found.push({ ...place, language, text: text.join('\n') });
      [open, before] = [undefined, []];
      continue;
    }
    const [, fence, language = ''] = /^\s*(```+)\s*(\S*)/.exec(line) ?? [];
    const [, marker, edge] = /<!-- ([\w-]+):(start|end) -->/.exec(line) ?? [];
    const title = /^#+ (.*)$/.exec(line)?.[1];
    if (fence !== undefined) open = { line: index + 1, fence, language, text: [] };
    else if (title !== undefined) [heading, before] = [title, []];
    else if (marker !== undefined) generated = edge === 'start' ? marker : undefined;
    else before.push(line);
  }
  if (open) throw new Error(`${page}, line ${open.line}: the block has no end`);
  return found;
}

/** For messages: where an editor finds it. */
export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
