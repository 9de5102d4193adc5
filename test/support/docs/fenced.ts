import { blocksIn, textOf } from './pages.ts';

/** The fenced blocks of one language on a page of docs/, in their order; claim them in docs/claims.ts. */
export const fenced = (page: string, language: string): string[] =>
  blocksIn(`docs/${page}`, textOf(`docs/${page}`))
    .filter((block) => block.language === language)
    .map(({ text }) => `${text}\n`);
