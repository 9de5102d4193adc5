import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { exportsOf, type Export } from './api/export.ts';
import { sectionOf } from './api/section.ts';
import { unexported } from './api/unexported.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** What a user imports, and the source behind it. */
const entries = {
  'walkeros-destination-kafka': 'src/index.ts',
  'walkeros-destination-kafka/examples': 'src/examples/index.ts',
  'walkeros-destination-kafka/dev': 'src/dev.ts',
};

/** docs/api.md: every exported name with its signature and its doc text, as the compiler reads them. */
export function apiText(): string {
  const program = compile(Object.values(entries));
  const checker = program.getTypeChecker();
  const modules = Object.entries(entries).map(([specifier, file]) => {
    const source = program.getSourceFile(`${root}${file}`);
    const symbol = source && checker.getSymbolAtLocation(source);
    if (!symbol) throw new Error(`scripts/docs/api.ts: ${file} exports nothing`);
    return { specifier, symbol, exports: exportsOf(checker, symbol) };
  });

  /** Where a name was shown before, for each is shown once. */
  const shown = new Map<ts.Symbol, string>(
    modules.map(({ specifier, symbol }) => [symbol, `All that \`${specifier}\` exports`]),
  );
  const text = (each: Export): string => {
    const before = shown.get(each.symbol);
    shown.set(each.symbol, `The same as \`${each.name}\``);
    return before === undefined ? sectionOf(checker, each) : `### \`${each.name}\`\n\n${before}.`;
  };
  const all = modules.flatMap(({ exports }) => exports);
  return [
    ...modules.flatMap(({ specifier, exports }) => [`## \`${specifier}\``, ...exports.map(text)]),
    '## Types that they mention',
    'Not exported: TypeScript knows them by what they are part of.',
    ...unexported(checker, all, `${root}src/`).map(text),
  ].join('\n\n');
}

function compile(files: readonly string[]): ts.Program {
  const read = ts.readConfigFile(`${root}tsconfig.json`, (file) => ts.sys.readFile(file)) as {
    readonly config: unknown;
  };
  const { options } = ts.parseJsonConfigFileContent(read.config, ts.sys, root);
  return ts.createProgram(
    files.map((file) => `${root}${file}`),
    options,
  );
}
