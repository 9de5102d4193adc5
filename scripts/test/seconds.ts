/**
 * About how long the longest files of the unit part take when the processors are shared, in seconds. Only for the balance of its
 * processes: a number that is wrong costs time and nothing else, and a file that is not named counts as a short one.
 */
export const seconds: Readonly<Record<string, number>> = {
  'spool/in-doubt.test.ts': 15,
  'producer/in-doubt.test.ts': 12,
  'spool/drain.test.ts': 11,
  'runtimes.test.ts': 10,
  'spool/file.test.ts': 10,
  'transport/unheard.test.ts': 9,
  'spool/salvage.test.ts': 8,
  'transport/not-kafka.test.ts': 7,
  'cli/command-line.test.ts': 6,
  'transport/token-endpoint.test.ts': 6,
  'cli/dead-letters/lease.test.ts': 5,
  'cli/doctor.test.ts': 5,
  'docs/generated.test.ts': 5,
  'schema/json-schema-suite.test.ts': 5,
  'spool/full-disk.test.ts': 5,
  'spool/lost-pages.test.ts': 5,
  'transport/aws-credentials.test.ts': 5,
  'transport/error-codes.test.ts': 5,
  'cli/dead-letters/killed.test.ts': 4,
  'demo/source-http/life-cycle.test.ts': 4,
  'producer/record-states.test.ts': 4,
  'transport/client.test.ts': 4,
  'transport/hostile-metadata.test.ts': 4,
  'transport/other-cluster.test.ts': 4,
  'transport/security/oauth.test.ts': 4,
  'producer/crash-properties.test.ts': 3,
  'producer/dead-letter-properties.test.ts': 3,
  'spool/look.test.ts': 3,
  'telemetry/cardinality.test.ts': 3,
  'telemetry/health.test.ts': 3,
  'transport/create.test.ts': 3,
  'transport/refused-session.test.ts': 3,
  'cli/dead-letters/resend.test.ts': 2,
  'collector-timeout.test.ts': 2,
  'producer/leaderless.test.ts': 2,
  'producer/named-records.test.ts': 2,
  'producer/spool-properties.test.ts': 2,
  'schema/registry/faults.test.ts': 2,
  'transport/late-connect.test.ts': 2,
  'transport/throttled.test.ts': 2,
};

/** Of each other file. */
export const shortSeconds = 0.2;
