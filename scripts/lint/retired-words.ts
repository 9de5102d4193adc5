import type { Rule } from 'eslint';

/** Words that once named things of this project, and what the field calls these. */
export const retiredWords: Readonly<Record<string, string>> = {
  lane: 'partition queue, or track in the live view',
  homeless: 'without a partition',
  homing: 'partitioning',
  praise: 'success',
  blame: 'cause, or severity',
  misfit: 'validation error',
  patience: 'timeout',
  patient: 'target, or login-throttled',
  vocabulary: 'model, or the names',
  obstacle: 'blocking error',
  hurry: 'flush for close',
  respite: 'login backoff',
  acquaintance: 'broker state',
  packer: 'batch encoder',
  bookmark: 'committed offset',
  waiter: 'callback',
  evict: 'unload from memory',
  conclude: 'handle the outcome',
  conversation: 'request client',
  handedOver: 'flushed',
  firstAnswer: 'hedged request',
  giveUp: 'expire, or abandon',
  arrivals: 'records without a partition',
  resting: 'backing off',
  rests: 'backoffs',
  spills: 'diverts',
  slice: 'batch',
  layout: 'metadata, or format',
  portion: 'fetched batch',
};

/** What the producer called its records. Elsewhere the word has meanings of its own: of a map, of a batch of walkerOS. */
export const retiredInProducer: Readonly<Record<string, string>> = { entry: 'producer record' };

/** Where one stands in a text: by itself or as a part of a name, in the plural and with endings. */
export function retiredIn(
  text: string,
  words = retiredWords,
): { readonly word: string; readonly at: number }[] {
  return Object.keys(words).flatMap((word) =>
    [...text.matchAll(patternOf(word))].map(({ index }) => ({ word, at: index })),
  );
}

/** Methods of JavaScript have these names. */
const methods: ReadonlySet<string> = new Set(['slice']);

function patternOf(word: string): RegExp {
  // A file's name has a hyphen where an identifier has a capital letter.
  const rest = word.slice(1).replace(/[A-Z]/, (letter) => `-?[${letter}${letter.toLowerCase()}]`);
  const [small, capital] = [word.charAt(0), word.charAt(0).toUpperCase()];
  return new RegExp(
    `(?:(?<![A-Za-z${methods.has(word) ? '.' : ''}])[${small}${capital}]|(?<=[a-z])${capital})${rest}(?:s|d|es|ed|ing)?(?![a-z])`,
    'g',
  );
}

export const retiredWordsRule: Rule.RuleModule = {
  meta: {
    type: 'suggestion',
    messages: { retired: '"{{word}}" is retired: say {{better}}.' },
    // Words that may still stand in these files.
    schema: [{ type: 'array', items: { type: 'string' } }],
  },
  create(context) {
    const allowed = (context.options[0] ?? []) as readonly string[];
    const { sourceCode, filename } = context;
    const words = /[\\/]producer[\\/]/.test(filename)
      ? { ...retiredWords, ...retiredInProducer }
      : retiredWords;
    return {
      Program() {
        for (const { word, at } of retiredIn(sourceCode.text, words)) {
          if (allowed.includes(word)) continue;
          const loc = sourceCode.getLocFromIndex(at);
          context.report({ loc, messageId: 'retired', data: { word, better: words[word] ?? '' } });
        }
      },
    };
  },
};
