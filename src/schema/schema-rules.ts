import type { SchemaRule } from '../model/schema.ts';

/** `"encryptPii" (ENCRYPT of PII), "positive" (CEL)`, for messages. */
export function rulesText(rules: readonly SchemaRule[]): string {
  return rules
    .map(({ name, type, tags }) => `"${name}" (${type}${tags.length > 0 ? ` of ${tags.join(', ')}` : ''})`)
    .join(', ');
}

/** Those that are not known and unwanted, each once. */
export function rulesLeft(rules: readonly SchemaRule[], ignored: readonly string[]): SchemaRule[] {
  const left = rules.filter(({ name }) => !ignored.includes(name));
  return [...new Map(left.map((rule) => [`${rule.name} ${rule.type}`, rule])).values()];
}
