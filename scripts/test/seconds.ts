/**
 * About how long the longest files of the unit part take when the processors are shared, in seconds. Only for the balance of its
 * processes: a number that is wrong costs time and nothing else, and a file that is not named counts as a short one.
 */
export const seconds: Readonly<Record<string, number>> = {
  'telemetry/health-port.test.ts': 11,
  'runtimes.test.ts': 10,
  'spool/drain.test.ts': 8,
  'spool/in-doubt.test.ts': 7,
  'cli/doctor.test.ts': 5,
  'transport/aws-credentials.test.ts': 5,
  'transport/error-codes.test.ts': 5,
  'transport/not-kafka.test.ts': 5,
  'demo/source-http/life-cycle.test.ts': 4,
  'spool/file.test.ts': 4,
  'spool/full-disk.test.ts': 4,
  'telemetry/spool.test.ts': 4,
  'transport/other-cluster.test.ts': 4,
  'transport/token-endpoint.test.ts': 4,
  'transport/tokens/oauth.test.ts': 4,
  'telemetry/health.test.ts': 3,
  'transport/hostile-metadata.test.ts': 3,
  'transport/refused-session.test.ts': 3,
  'cli/command-line.test.ts': 2,
  'cli/dead-letters/killed.test.ts': 2,
  'transport/throttled.test.ts': 2,
  'transport/unheard.test.ts': 2,
  'cli/dead-letters/lease.test.ts': 1.5,
  'cli/dead-letters/resend.test.ts': 1.5,
  'collector-timeout.test.ts': 1.5,
  'schema/json-schema-suite.test.ts': 1.5,
  'schema/registry/faults.test.ts': 1.5,
  'spool/opening.test.ts': 1.5,
  'spool/salvage.test.ts': 1.5,
  'transport/client.test.ts': 1.5,
  'acknowledged.test.ts': 1,
  'cli/doctor/advice.test.ts': 1,
  'demo/page.test.ts': 1,
  'producer/in-doubt.test.ts': 1,
  'producer/record-states.test.ts': 1,
  'schema/schema-writer.test.ts': 1,
  'spool/look.test.ts': 1,
  'transport/create.test.ts': 1,
  'transport/late-connect.test.ts': 1,
  'producer/crash-properties.test.ts': 0.5,
};

/** Of each other file. */
export const shortSeconds = 0.1;
