import { readFileSync } from 'node:fs';

export const docsPage = (page: string): string =>
  readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8');

/** The fenced blocks of one language on a page of docs/, in their order. */
export const fenced = (page: string, language: string): string[] =>
  [...docsPage(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, block = '']) => block,
  );
