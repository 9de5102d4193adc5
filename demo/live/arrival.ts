import type { StoredRecord } from '../../scripts/kafka/console-format.ts';

/** A record as a consumer hands it over, whichever consumer it is. */
export type Arrival = Omit<StoredRecord, 'timestampType'>;

/** Whether a record was written by the run of that name: the destination stores it with every record as a header. */
export const isOfRun = (run: string, { headers }: Arrival): boolean =>
  headers.some(([name, value]) => name === 'run' && value?.toString() === run);
