import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../../', import.meta.url));
const file = `${root}snippets-of-docs.ts`;

const options: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  target: ts.ScriptTarget.ES2024,
  module: ts.ModuleKind.NodeNext,
  types: ['node'],
};

/**
 * What the compiler says of snippets, which each stand in a function of their own.
 * @param preamble imports and declarations, from the repository's root
 */
export function typeErrors(preamble: string, snippets: readonly string[]): string[] {
  const code = [preamble, ...snippets.map((snippet) => `async () => {\n${snippet}};`)].join('\n');
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (name) => name === file || disk.fileExists(name),
    getSourceFile: (name, language, ...others) =>
      name === file
        ? ts.createSourceFile(name, code, language)
        : disk.getSourceFile(name, language, ...others),
  };
  const program = ts.createProgram([file], options, host);
  const source = program.getSourceFile(file);
  return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
    ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'),
  );
}
