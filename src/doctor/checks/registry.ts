import { KafkaError, reasonOf } from '../../vocabulary/errors.ts';
import type { Check } from '../check.ts';
import { failure, ok } from '../finding.ts';

/** Whether the schema registry of the settings answers what the destination will ask it. */
export const registry: Check = {
  name: 'registry',
  needs: ['settings'],
  async examine({ registry }) {
    if (registry === undefined) return 'the settings name none';
    try {
      await registry.look();
      return [ok(`${registry.urls.join(', ')}: answers`)];
    } catch (thrown) {
      return [failure(reasonOf(thrown), fixFor(thrown, registry.path))];
    }
  },
};

function fixFor(thrown: unknown, path: string): string {
  const code = thrown instanceof KafkaError ? thrown.code : undefined;
  if (code === 'REGISTRY_UNAUTHORIZED') return `Correct the username, password or token in ${path}.auth.`;
  if (code === 'REGISTRY_FAILED') return `Write the whole path of its API in ${path}.url.`;
  return `Start the registry, or correct ${path}.url.`;
}
