import { KafkaError, reasonOf, type ErrorCode } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { failure, ok, type Verdict } from '../finding.ts';
import type { Registry } from '../patient.ts';

/** Whether the schema registries of the settings answer what the destination will ask them. */
export const registry: Check = {
  name: 'registry',
  needs: ['settings'],
  async examine({ registries }) {
    if (registries.length === 0) return 'the settings name none';
    const findings = await Promise.all(registries.map(look));
    // Setup and values mostly use the same one: one cause, one finding.
    return [...new Map(findings.toReversed()).values()].toReversed();
  },
};

/** A finding by what is the same where two settings name one registry. */
async function look(registry: Registry): Promise<[cause: string, Verdict]> {
  const place = registry.urls.join(', ');
  try {
    await registry.look();
    return [place, ok(`${place}: answers`)];
  } catch (thrown) {
    const code = thrown instanceof KafkaError ? thrown.code : undefined;
    return [`${place} ${code}`, failure(reasonOf(thrown), fixFor(code, registry.path))];
  }
}

function fixFor(code: ErrorCode | undefined, path: string): string {
  if (code === 'REGISTRY_UNAUTHORIZED') return `Correct the username, password or token in ${path}.auth.`;
  if (code === 'REGISTRY_FAILED') return `Write the whole path of its API in ${path}.url.`;
  return `Start the registry, or correct ${path}.url.`;
}
