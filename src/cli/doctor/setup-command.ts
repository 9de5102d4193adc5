import type { Patient } from './patient.ts';

/** What to type to provision the destination. */
export function setupCommand({ path, id, flow }: Pick<Patient, 'path' | 'id' | 'flow'>): string {
  return `walkeros setup destination.${id} --config ${path}${flow === undefined ? '' : ` --flow ${flow}`}`;
}
