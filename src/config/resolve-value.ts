import { isObject } from '../model/foreign.ts';
import { memo } from '../model/memo.ts';
import { withoutUndefined } from './problems.ts';
import type { CloudEventsSettings } from '../record/cloudevents.ts';
import { registryFacts, type RegistryFacts } from './registry-facts.ts';
import { ruleSettingsSchema } from './schema.ts';
import { isSchemaFormat, readyMade, schemaOf, schemaTypeOf, type SchemaFormat } from './value-rules.ts';
import { valueDefaults, type ParsedRuleValue, type ParsedValue } from './value-schema.ts';

/** How values are written, complete and checked. */
export type ValueOptions =
  { readonly format: 'json' } | ({ readonly format: 'cloudevents' } & CloudEventsSettings) | SchemaOptions;

export interface SchemaOptions {
  readonly format: SchemaFormat;
  readonly registry: RegistryFacts;
  /** Undefined: the ready-made one of the event. */
  readonly schema: string | undefined;
  readonly message: string | undefined;
  readonly schemaId: 'prefix' | 'header';
  readonly subjectNameStrategy: 'topic' | 'record' | 'topic-record';
  readonly autoRegister: boolean;
  /** Writes with the newest schema of the subject instead of this one. */
  readonly useLatestVersion: boolean;
  readonly latestCacheTtl: number;
  readonly ignoreRules: readonly string[];
}

/** A rule's settings over those of all events. Of another format only the registry is worth taking over. */
export function merged(base: ParsedValue, rule: ParsedRuleValue): ParsedValue {
  const ofRule = withoutUndefined(rule);
  const { format = base.format } = ofRule;
  if (format === base.format) return { ...base, ...unused(base, ofRule), ...ofRule, format };
  return { ...(isSchemaFormat(format) && { registry: base.registry }), ...ofRule, format };
}

/** Fields of `settings.value` that a rule's `useLatestVersion` leaves without a use. */
function unused(base: ParsedValue, { useLatestVersion, subjectNameStrategy }: ParsedRuleValue) {
  if (useLatestVersion === false) return { latestCacheTtl: undefined };
  const bySchemaName =
    (subjectNameStrategy ?? base.subjectNameStrategy ?? valueDefaults.subjectNameStrategy) !== 'topic';
  return useLatestVersion === true && !bySchemaName ? { schema: undefined } : {};
}

/**
 * How values are written, by a mapping rule's `settings` or without them. A closure, since it holds secrets.
 * For the same settings it answers with the same object, and with the same registry where a rule has no other.
 * @param pathOf where the settings of a rule stand
 */
export function valueChoice(
  base: ParsedValue,
  pathOf: (ruleSettings: object) => string,
): (ruleSettings?: unknown) => ValueOptions {
  const registries = new Map<unknown, RegistryFacts>();
  const optionsOf = (value: ParsedValue, path: string): ValueOptions => {
    const { registry } = value;
    if (registry === undefined) return valueOptions(value, undefined);
    const facts = registries.get(registry) ?? registryFacts(registry, `${path}.value.registry`);
    registries.set(registry, facts);
    return valueOptions(value, facts);
  };
  const general = optionsOf(base, 'settings');
  const ofRule = memo((ruleSettings: object): ValueOptions => {
    const { data } = ruleSettingsSchema.safeParse(ruleSettings);
    return data?.value === undefined ? general : optionsOf(merged(base, data.value), pathOf(ruleSettings));
  });
  return (ruleSettings) => (isObject(ruleSettings) ? ofRule(ruleSettings) : general);
}

/** Of settings that value-rules.ts has passed; what it would have refused is an error of ours. */
function valueOptions(value: ParsedValue, registry: RegistryFacts | undefined): ValueOptions {
  const { format, schema, message, ...others } = value;
  const { mode, source, typePrefix, ...ofSchemas } = { ...valueDefaults, ...withoutUndefined(others) };
  if (format === 'json') return { format };
  if (format === 'cloudevents') return { format, mode, source, typePrefix };
  if (registry === undefined)
    throw new Error(`no rule refused settings.value of "${format}" without a registry`);
  const own =
    schema === undefined || schema === readyMade ? undefined : schemaOf(schemaTypeOf[format], schema);
  return { ...ofSchemas, format, registry, schema: own, message };
}
