import { defineConfig, type Rolldown } from 'tsdown';

const common = { platform: 'node', target: 'node22.22', sourcemap: true, fixedExtension: true } as const;

/** The printer of declarations writes a doc comment of one line behind the property above, where no editor looks for it. */
const commentsAbove: Rolldown.Plugin = {
  name: 'comments-above',
  generateBundle(_options, bundle) {
    for (const file of Object.values(bundle)) {
      if (file.type !== 'chunk' || !/\.d\.[mc]ts$/.test(file.fileName)) continue;
      file.code = file.code.replace(/^( *)(.*\S) (\/\*\*.*\*\/)$/gm, '$1$2\n$1$3');
    }
  },
};

export default defineConfig([
  {
    ...common,
    entry: { index: 'src/index.ts', dev: 'src/dev.ts', 'examples/index': 'src/examples/index.ts' },
    format: ['esm', 'cjs'],
    dts: true,
    // As `plugins` it would not see the declarations of CommonJS.
    inputOptions: (options) => ({ ...options, plugins: [options.plugins, commentsAbove] }),
  },
  // A program, not a library: nobody imports it. Not with the others, whose CommonJS would split into more files.
  { ...common, entry: { cli: 'src/cli.ts' }, format: ['esm'], dts: false, clean: false },
]);
