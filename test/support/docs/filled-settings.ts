import { readFileSync } from 'node:fs';

const pem = (name: string): string =>
  readFileSync(new URL(`../../contract/tls/${name}.pem`, import.meta.url), 'utf8');
const [certificate, key] = [pem('certificate'), pem('key')];

/** Settings of the docs as the walkerOS CLI resolves `$env.`, with certificates where files or variables stand for them. */
export function filledSettings(value: unknown, name = ''): unknown {
  if (typeof value === 'string') {
    if (['ca', 'cert'].includes(name)) return certificate;
    if (name === 'key' && /^\/|^\$env\./.test(value)) return key;
    return value.startsWith('$env.') ? 'a-value' : value;
  }
  if (Array.isArray(value)) return value.map((part: unknown) => filledSettings(part));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, part]) => [field, filledSettings(part, field)]),
  );
}
