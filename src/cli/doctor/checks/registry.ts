import { KafkaError, reasonOf, type ErrorCode } from '../../../model/errors.ts';
import type { Check } from '../check.ts';
import { failure, ok, type Verdict } from '../finding.ts';
import type { Patient, Registry } from '../patient.ts';
import { setupCommand } from '../setup-command.ts';

/** Whether the schema registries of the settings answer what the destination will ask them. */
export const registry: Check = {
  name: 'registry',
  needs: ['settings'],
  async examine(patient) {
    const { registries } = patient;
    if (registries.length === 0) return 'the settings name none';
    const findings = await Promise.all(registries.map((registry) => look(patient, registry)));
    // Setup and values mostly use the same one: one cause, one finding.
    return [...new Map(findings.toReversed()).values()].toReversed();
  },
};

/** A finding by what is the same where two settings name one registry. */
async function look(patient: Patient, registry: Registry): Promise<[cause: string, Verdict]> {
  const place = registry.urls.join(', ');
  try {
    await registry.look();
    return [place, ok(`${place}: answers`)];
  } catch (thrown) {
    const code = thrown instanceof KafkaError ? thrown.code : undefined;
    const reason = reasonOf(thrown);
    const fix = fixFor(code, reason, registry.path, patient);
    return [`${place} ${causeOf(code, reason)}`, failure(reason, fix)];
  }
}

/** Rights are given by subject. */
function causeOf(code: ErrorCode | undefined, reason: string): string | undefined {
  if (isForbidden(code, reason)) return `forbidden ${subjectOf(reason)}`;
  return code?.startsWith('SCHEMA_') ? reason : code;
}

function fixFor(code: ErrorCode | undefined, reason: string, path: string, patient: Patient): string {
  if (isForbidden(code, reason)) {
    return (
      `Grant the user of ${path}.auth the right to read ${subjectOf(reason) ?? 'schemas'}, and to write it where schemas ` +
      'are registered: the login itself is taken.'
    );
  }
  if (code === 'REGISTRY_UNAUTHORIZED') return `Correct the username, password or token in ${path}.auth.`;
  if (code === 'REGISTRY_FAILED') return `Write the whole path of its API in ${path}.url.`;
  const value = path.replace(/\.registry$/, '');
  if (code === 'SCHEMA_MISSING') {
    return (
      `Declare it in config.setup.schemaRegistry and run "${setupCommand(patient)}", set ` +
      `${value}.autoRegister, or register it by hand.`
    );
  }
  if (code === 'SCHEMA_INCOMPATIBLE') {
    return (
      `Make ${value}.schema compatible with what is registered, write with that (${value}.useLatestVersion instead of ` +
      'autoRegister), or write to another topic.'
    );
  }
  if (code === 'SCHEMA_RULES_UNSUPPORTED') {
    return (
      `Name the rules in ${value}.ignoreRules if values may be written without them. Otherwise disable them in the registry, or ` +
      'write to another topic, whose events a client with these rules copies.'
    );
  }
  if (code === 'SCHEMA_INVALID') return `Correct ${value}: no event can be written with it.`;
  return (
    unavailable.find(([words]) => words.test(reason))?.[1](path) ??
    `Start the registry, or correct ${path}.url.`
  );
}

function isForbidden(code: ErrorCode | undefined, reason: string): boolean {
  return code === 'REGISTRY_UNAUTHORIZED' && /: HTTP 403\b/.test(reason);
}

function subjectOf(reason: string): string | undefined {
  return /subject "[^"]*"/.exec(reason)?.[0];
}

/** What is to be done about a registry that is there, by the words of the reason. */
const unavailable: readonly (readonly [words: RegExp, fix: (path: string) => string])[] = [
  [
    / as \S+\.ssl\.ca\.$/,
    (path) =>
      `Set ${path}.ssl.ca to the certificate of the authority that signed the registry's (PEM as text).`,
  ],
  [/certificate has expired/, () => "Renew the registry's certificate; nothing in flow.json mends this."],
  [
    /altnames/,
    (path) => `Write in ${path}.url a name that the certificate has, or set ${path}.ssl.servername to one.`,
  ],
  [
    /: HTTP \d{3}\b/,
    () =>
      "Look at the registry's log, and at that of a proxy before it: it answers, and cannot do what it is asked.",
  ],
];
