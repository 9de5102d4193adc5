import { KafkaError, reasonOf, type ErrorCode } from '../../vocabulary/errors.ts';
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
    const cause = code?.startsWith('SCHEMA_') ? reason : code;
    return [`${place} ${cause}`, failure(reason, fixFor(code, registry.path, patient))];
  }
}

function fixFor(code: ErrorCode | undefined, path: string, patient: Patient): string {
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
  if (code === 'SCHEMA_INVALID') return `Correct ${value}: no event can be written with it.`;
  return `Start the registry, or correct ${path}.url.`;
}
