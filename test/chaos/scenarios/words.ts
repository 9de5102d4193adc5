/** What operators and callers read, said once. */
export const connected = 'INFO Connected to Kafka at kafka, kafka, kafka.';

const again = 'WARN Kafka topic "events": trying again in … ms.';

/** A request was out when its connection ended, or nobody answered it in time. */
export const unanswered = (...reasons: readonly string[]): readonly string[] =>
  reasons.map(
    (reason) =>
      `${again} The broker kafka did not answer a produce request (${reason}): its records may be stored or not.`,
  );

export const refused = `${again} Cannot reach Kafka at kafka: connect ECONNREFUSED kafka. Check settings.kafka.brokers and the network.`;

export const busy = (code: string): string =>
  `${again} Topic "events": the broker answered ${code} and asks to try again. If this lasts, check the cluster's health.`;

/** Whichever of them comes first is told, and then a minute passes before the next. */
export const leaderGone: readonly string[] = [
  ...unanswered('Connection closed', 'read ECONNRESET', 'Closed connection'),
  refused,
  busy('NOT_LEADER_OR_FOLLOWER'),
  busy('LEADER_NOT_AVAILABLE'),
];

export const topicMissing =
  'ERROR Kafka topic "events" not found on cluster kafka,kafka,kafka. Run "walkeros setup destination.kafka" with ' +
  'explicit { numPartitions, replicationFactor } to create it.';

/** Whether it may have been written, and the last failure, follow. */
export const tooLate = 'Kafka topic "events": not acknowledged within deliveryTimeout (8000 ms); the record ';

export const spooling =
  'WARN Kafka topic "events": records go to the spool from here on, and to Kafka once it takes them.';

export const drained = 'INFO Kafka topic "events": everything in the spool was delivered.';

export const leftovers =
  'INFO The spool holds … records for Kafka topic "events" from an earlier run, to be sent first.';

export const diskFull =
  'The spool "spool.db" could not keep the record: database or disk is full. Make room on its disk; the next push tries again.';

export const spoolFull =
  'The spool "spool.db" is full (settings.spool.maxBytes, 1000000 bytes): the record was not kept. The cluster has been ' +
  'away or too slow for too long: bring it back, or raise maxBytes.';

/** A push that the spool could not help. */
export const notKept =
  'Kafka topic "events": not acknowledged in time, and not kept either; the record was not written.';

export const damaged =
  'ERROR The spool "spool.db" was damaged and is now "spool.db.damaged-…"; a new one was begun with the … records that ' +
  'could still be read. Keep the old file if you need to look for more.';

export const inUse =
  'ERROR settings.spool.path "spool.db" is in use by another process or by another destination of this one: two writers ' +
  'would lose or double records. Give each destination and each replica a path of its own, or end the other first.';

export const noFolder =
  'settings.spool.path "spool.db" cannot be used: its folder "folder" cannot be made (EEXIST: file already exists, mkdir ' +
  "'folder'): make it, or name a path on a writable volume.";
