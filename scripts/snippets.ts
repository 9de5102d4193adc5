/** `node scripts/snippets.ts`: checks the types of every TypeScript block of README.md and docs/ against the sources, in one program. */
import { pathToFileURL } from 'node:url';
import ts from 'typescript';
import { allBlocks, root, type Block } from '../test/support/docs/pages.ts';

/** What the compiler says of the blocks, each with the page and line where it stands. */
function typeErrors(blocks: readonly Block[]): string[] {
  const files = new Map(blocks.map((block, n) => [`${root}snippet-${n + 1}.ts`, block]));
  const options = compilerOptions();
  const disk = ts.createCompilerHost(options);
  const host: ts.CompilerHost = {
    ...disk,
    fileExists: (path) => files.has(path) || disk.fileExists(path),
    readFile: (path) => files.get(path)?.text ?? disk.readFile(path),
    getSourceFile: (path, language, ...rest) => {
      const block = files.get(path);
      return block
        ? ts.createSourceFile(path, block.text, language)
        : disk.getSourceFile(path, language, ...rest);
    },
  };
  const program = ts.createProgram(
    [...files.keys(), `${root}src/transport/kafkajs/modules.d.ts`],
    options,
    host,
  );
  return ts.getPreEmitDiagnostics(program).map(({ file, start = 0, messageText }) => {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n  ');
    const block = file && files.get(file.fileName);
    if (!file || !block) return `${file?.fileName ?? 'tsconfig.json'}: ${message}`;
    return `${block.page}:${block.line + 1 + file.getLineAndCharacterOfPosition(start).line}: ${message}`;
  });
}

/** Those of the project, with the package's own name leading to its sources. What a snippet declares it need not use. */
function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, (path) => ts.sys.readFile(path)) as {
    config: { compilerOptions: object };
  };
  const { options, errors } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  if (errors.length > 0) throw new Error('tsconfig.json cannot be read');
  const paths = { 'walkeros-destination-kafka': [`${root}src/index.ts`] };
  return { ...options, noUnusedLocals: false, paths };
}

/** Declarations of the API are made by the compiler; the public package, which one comes from, is not installed. */
const isSnippet = ({ page, language, text }: Block): boolean =>
  language === 'ts' &&
  !(page === 'docs/api.md' && /^(declare|interface|type) /.test(text)) &&
  !text.includes("from '@walkeros/server-destination-kafka'");

/** What the examples of the API take for granted, in front of their first line. */
const given = [
  "import { writeFile } from 'node:fs/promises';",
  "import { createServer } from 'node:http';",
  "import { startFlow } from '@walkeros/collector';",
  "import { destinationKafka, KafkaError, kafkaDestination, kafkaHealth, walkerosEventSchemas } from 'walkeros-destination-kafka';",
  'const { elb } = await startFlow();',
].join(' ');
const completed = (block: Block): Block =>
  block.page === 'docs/api.md' ? { ...block, text: `${given} ${block.text}` } : block;

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const blocks = allBlocks().filter(isSnippet).map(completed);
  const errors = typeErrors(blocks);
  for (const error of errors) console.error(error);
  console.log(`${blocks.length} snippets, ${errors.length} type errors`);
  if (errors.length > 0 || blocks.length === 0) process.exitCode = 1;
}
