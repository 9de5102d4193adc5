import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { retiredWordsRule } from './scripts/lint/retired-words.ts';

export default tseslint.config(
  { ignores: ['.bench-*/', '.kafka/', 'dist/', 'node_modules/', 'bench/peer/', 'demo/page/dist/'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    plugins: { words: { rules: { 'retired-words': retiredWordsRule } } },
    rules: { 'words/retired-words': 'error' },
  },
  // Where they have another meaning.
  ...[
    // What the shop says of a coffee maker.
    { files: ['demo/page/shop/products.ts'], words: 'conversation' },
    // What a browser makes of a page.
    { files: ['test/browser/**'], words: 'layout' },
  ].map(({ files, words }) => ({ files, rules: { 'words/retired-words': ['error', words.split(' ')] } })),
  {
    // They name the words.
    files: ['scripts/lint/**', 'test/unit/lint/**', 'eslint.config.js'],
    rules: { 'words/retired-words': 'off' },
  },
  {
    // node:test's describe/it return promises that the runner itself awaits.
    files: ['test/**'],
    rules: { '@typescript-eslint/no-floating-promises': 'off' },
  },
  {
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      ...tseslint.configs.disableTypeChecked.languageOptions,
      globals: {
        process: 'readonly',
        console: 'readonly',
        URL: 'readonly',
        module: 'writable',
        require: 'readonly',
      },
    },
  },
);
