import type { ConnectionOptions } from 'node:tls';
import type { RegistryFacts } from '../../config/registry-facts.ts';
import type { Secret } from '../../model/secret.ts';
import type { SpoolStatus } from '../../spool/status.ts';
import type { Inspector } from '../../transport/port.ts';
import type { countDeadLetters } from '../dead-letters/list.ts';
import type { countFallbackKeys } from '../reading/fallback-keys.ts';
import type { Network } from './network.ts';
import type { Verdict } from './report.ts';

/** A configured destination, as the checks see it: its settings, and ways to ask what is behind them. Times in ms. */
export interface Target {
  /** What the flow file and the destination are called on the command line of walkerOS. */
  readonly path: string;
  readonly id: string;
  /** The name of its flow, if the file has several. */
  readonly flow: string | undefined;
  /** The destination as our own commands take it: its id, behind its flow if the file has several. */
  readonly name: string;
  readonly brokers: readonly string[];
  readonly tls: Secret<ConnectionOptions> | undefined;
  /** How it logs in; undefined: it does not. */
  readonly login: { readonly mechanism: string; readonly user: string | undefined } | undefined;
  /** Whether the flow may log in as another user: what this one may do says nothing about it. */
  readonly ofAnother: boolean;
  readonly acks: -1 | 0 | 1;
  /** Bytes. */
  readonly batchSize: number;
  readonly deliveryTimeout: number;
  readonly collectorTimeout: number;
  /** What the settings themselves say about the two. */
  readonly timeoutWarnings: readonly string[];
  /** About what an `ok` of the flow means, which its file alone tells. */
  readonly answers: readonly Verdict[];
  readonly autoCreateTopics: boolean;
  /** Where events go, each with the settings that say so. */
  readonly topics: readonly { readonly name: string; readonly paths: readonly string[] }[];
  readonly network: Network;
  readonly kafka: Kafka;
  /** Why `kafka` cannot log in although the flow can; undefined: it can. */
  readonly unaskable: string | undefined;
  /** That of setup, and those of values, once for each schema that is asked for. */
  readonly registries: readonly Registry[];
  readonly spool: Spool | undefined;
  /** Undefined where events have no key of their own. */
  readonly keys:
    | {
        /** Of settings.kafka.topic. */
        readonly topics: readonly string[];
        count(topic: string): ReturnType<typeof countFallbackKeys>;
      }
    | undefined;
  /** Undefined where none are kept. */
  readonly deadLetters: { readonly topic: string; count(): ReturnType<typeof countDeadLetters> } | undefined;
}

export type Kafka = Omit<Inspector, 'close'>;

export interface Registry extends Pick<RegistryFacts, 'urls' | 'tls' | 'setting'> {
  /** Asks for what the destination will ask for. Fails with `KafkaError`s. */
  look(): Promise<void>;
}

export interface Spool {
  /** The spool's file; its folder is made with it. */
  readonly path: string;
  /** It, and what is written beside it; each is there or not. */
  readonly files: readonly string[];
  readonly maxBytes: number;
  /** What it holds; undefined if there is none yet. Fails with `KafkaError`s. */
  status(): Promise<SpoolState | undefined>;
}

export type SpoolState = Pick<SpoolStatus, 'fileBytes' | 'bytes' | 'records' | 'refused'>;

/** What to type to provision the destination. */
export function setupCommand({ path, id, flow }: Pick<Target, 'path' | 'id' | 'flow'>): string {
  return `walkeros setup destination.${id} --config ${path}${flow === undefined ? '' : ` --flow ${flow}`}`;
}

/** What Kafka's own tools take to reach this cluster. The login is that of somebody who may change what they change. */
export function reached({ brokers, tls, login }: Pick<Target, 'brokers' | 'tls' | 'login'>): string {
  const isPlain = tls === undefined && login === undefined;
  return `--bootstrap-server ${brokers[0] ?? ''}${isPlain ? '' : ' --command-config admin.properties'}`;
}
