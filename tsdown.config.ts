import { defineConfig } from 'tsdown';

export default defineConfig({
  entry: { index: 'src/index.ts', dev: 'src/dev.ts', 'examples/index': 'src/examples/index.ts' },
  format: ['esm', 'cjs'],
  platform: 'node',
  target: 'node22.22',
  dts: true,
  sourcemap: true,
  fixedExtension: true,
});
