import { defineConfig } from 'tsdown';

const common = { platform: 'node', target: 'node22.22', sourcemap: true, fixedExtension: true } as const;

export default defineConfig([
  {
    ...common,
    entry: { index: 'src/index.ts', dev: 'src/dev.ts', 'examples/index': 'src/examples/index.ts' },
    format: ['esm', 'cjs'],
    dts: true,
  },
  // A program, not a library: nobody imports it. Not with the others, whose CommonJS would split into more files.
  { ...common, entry: { cli: 'src/cli.ts' }, format: ['esm'], dts: false, clean: false },
]);
