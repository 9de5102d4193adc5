/**
 * Loaded into the walkeros CLI with `--import`: `walkeros validate --path` takes a package's schema from a CDN by name.
 * What it asks for of our package is answered from the installed package, and noted in a file.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const folder = process.env.TEST_PACKAGE_FOLDER ?? '';
const asked = process.env.TEST_ASKED_FILE ?? '';
const original = globalThis.fetch;

globalThis.fetch = async (input, init) => {
  const url = input instanceof Request ? input.url : String(input);
  const file = /\/npm\/walkeros-destination-kafka@latest\/(.+)$/.exec(url)?.[1];
  if (file === undefined) return original(input, init);
  appendFileSync(asked, `${file}\n`);
  return new Response(readFileSync(join(folder, file), 'utf8'));
};
