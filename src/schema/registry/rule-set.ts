import { z } from 'zod';
import type { SchemaRule, SchemaRules } from '../../model/schema.ts';

const text = z.string().nullish();
const rule = z.object({
  name: text,
  type: text,
  kind: text,
  mode: text,
  tags: z.array(z.string()).nullish(),
  onSuccess: text,
  onFailure: text,
  disabled: z.boolean().nullish(),
});
const rules = z.array(rule).nullish();

type Rule = z.output<typeof rule>;

/**
 * The rules of a data contract, as a registry gives them with a schema. Migration rules act between versions only, and nothing
 * here reads a value by another version than its own.
 */
export const ruleSet = z.object({ domainRules: rules, encodingRules: rules, enableAt: text }).nullish();

/** @returns undefined where no rule acts on any value */
export function rulesOf(declared: z.output<typeof ruleSet>): SchemaRules | undefined {
  if (!declared || (declared.enableAt && !clients.has(declared.enableAt))) return undefined;
  const active = [...(declared.domainRules ?? []), ...(declared.encodingRules ?? [])].filter(
    ({ disabled }) => disabled !== true,
  );
  const onWrite = active.filter((one) => !never.write.has(modeOf(one)) && !isWithoutEffect(one)).map(named);
  const onRead = active.filter((one) => !never.read.has(modeOf(one))).map(named);
  return onWrite.length + onRead.length > 0 ? { onWrite, onRead } : undefined;
}

/** Where a rule set is carried out: elsewhere it belongs to a gateway, or to nobody. */
const clients: ReadonlySet<string> = new Set(['ALL', 'CLIENT']);

const modeOf = ({ mode }: Rule): string => mode ?? 'WRITEREAD';

/** A mode that nobody here knows may be any. */
const never = {
  write: new Set(['READ', 'UPGRADE', 'DOWNGRADE', 'UPDOWN']),
  read: new Set(['WRITE', 'UPGRADE', 'DOWNGRADE', 'UPDOWN']),
} as const;

/** A condition changes no value: one that has no consequence either need not be looked at. Without a kind it transforms. */
function isWithoutEffect(one: Rule): boolean {
  return (
    one.kind === 'CONDITION' &&
    onWriting(one.onFailure) === 'NONE' &&
    (onWriting(one.onSuccess) ?? 'NONE') === 'NONE'
  );
}

/** `NONE,ERROR`: the first for writing, the second for reading. */
const onWriting = (action: string | null | undefined): string | undefined => action?.split(',', 1)[0]?.trim();

function named({ name, type, tags }: Rule): SchemaRule {
  return { name: name ?? '', type: type ?? 'of no type', tags: tags ?? [] };
}

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
