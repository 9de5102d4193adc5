import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { kafkaFolder, kafkaVersion } from './version.ts';

/** Kafka's classes as a Java has read and checked them once; see make-archive.ts. */
export const archive = join(kafkaFolder, `classes-${kafkaVersion}.jsa`);

const flags = [`-XX:SharedArchiveFile=${archive}`, '-Xshare:auto', '-Xlog:cds=off', '-Xlog:cds+dynamic=off'];

/** For a broker or tool of this release. Another Java than the archive's passes over it. */
export const archiveFlags = (): readonly string[] => (existsSync(archive) ? flags : []);
