import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { examples, hints, schemas } from '../src/dev.ts';
import { walkerosEventSchemas } from '../src/schema/walkeros-event/schemas.ts';

/** Writes dist/walkerOS.json, from which walkerOS' tools learn about a package without running it, and dist/schemas. */

interface Manifest {
  name: string;
  version: string;
  walkerOS: { type: string; platform: string[] };
}

export function walkerOSJson() {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as Manifest;
  return {
    $meta: { package: manifest.name, version: manifest.version, ...manifest.walkerOS },
    schemas,
    examples: withFunctionsAsCode(examples),
    hints,
  };
}

/** JSON has no functions; walkerOS reads `{ "$code": "<source>" }` as one. */
function withFunctionsAsCode(value: unknown): unknown {
  if (typeof value === 'function') return { $code: Function.prototype.toString.call(value) };
  if (Array.isArray(value)) return value.map(withFunctionsAsCode);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withFunctionsAsCode(inner)]));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const dist = new URL('../dist/', import.meta.url);
  mkdirSync(dist, { recursive: true });
  writeFileSync(new URL('walkerOS.json', dist), `${JSON.stringify(walkerOSJson(), null, 2)}\n`);
  writeSchemas(new URL('schemas/', dist));
}

/** The ready-made schemas as files, for tools of other languages. */
function writeSchemas(folder: URL): void {
  mkdirSync(folder, { recursive: true });
  const { AVRO, JSON: json, PROTOBUF } = walkerosEventSchemas;
  const indented = (schema: string): string => `${JSON.stringify(JSON.parse(schema), null, 2)}\n`;
  writeFileSync(new URL('walkeros-event.avsc', folder), indented(AVRO));
  writeFileSync(new URL('walkeros-event.schema.json', folder), indented(json));
  writeFileSync(new URL('walkeros-event.proto', folder), PROTOBUF);
}
