/** How the cluster runs: in JVMs we started, in containers we started, or somewhere else (`KAFKA_BROKERS`). */
export type ClusterKind = 'external' | 'embedded' | 'container';

export interface KafkaCluster {
  readonly kind: ClusterKind;
  /** What a client is given: `host:port` of each node, as advertised. */
  readonly brokers: string[];
  /** The same nodes on a listener of their own that bypasses `advertised`; for tools and readers. */
  readonly direct: string[];
  /** Empty for an external cluster, which cannot be controlled. */
  readonly nodes: KafkaNode[];
  /** Ends every node at once and removes the data. Does nothing to an external cluster. */
  stop(): Promise<void>;
}

export interface KafkaNode {
  /** From 1; the partition leader's id in Kafka's metadata. */
  readonly id: number;
  /** As advertised to clients. */
  readonly address: string;
  /** Where the node really listens: what a proxy in front of it connects to. */
  readonly listensOn: string;
  readonly direct: string;
  /** Addresses of the extra listeners, by name. */
  readonly listeners: Readonly<Record<string, string>>;
  /** Kafka's log folder on this machine; undefined in a container. */
  readonly dataDir: string | undefined;
  /** Controlled shutdown (SIGTERM): leadership moves first. */
  stop(): Promise<void>;
  /** SIGKILL, at once. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing answers. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Again, on the same ports and data; resolves when the cluster counts it as alive. */
  start(): Promise<void>;
}

export interface ExtraListener {
  /** Upper-case letters, e.g. `SECURE`. */
  readonly name: string;
  readonly protocol: 'PLAINTEXT' | 'SSL' | 'SASL_PLAINTEXT' | 'SASL_SSL';
  /** Settings of this listener alone, without their `listener.name.<name>.` prefix. */
  readonly config?: Readonly<Record<string, string>>;
  /** `host:port` to advertise; default 127.0.0.1 and the port it listens on. */
  readonly advertised?: (nodeId: number, port: number) => string;
}

export interface KafkaOptions {
  readonly nodes?: 1 | 3;
  /** Broker settings over the launcher's own. */
  readonly config?: Readonly<Record<string, string>>;
  /** `host:port` that clients are told (e.g. a proxy), from the port that the node really listens on. */
  readonly advertised?: (nodeId: number, port: number) => string | Promise<string>;
  readonly listeners?: readonly ExtraListener[];
  /** SCRAM users as `StorageTool format --add-scram` takes them: `SCRAM-SHA-256=[name=u,password=p]`. */
  readonly scram?: readonly string[];
  /** Properties of the broker's JVM (`-D`), by name. */
  readonly jvm?: Readonly<Record<string, string>>;
  /** Processors that each JVM may use, as `taskset --cpu-list` takes them. Only for brokers in JVMs. */
  readonly cpus?: string | undefined;
  /** Never `KAFKA_BROKERS`: the caller will stop nodes, or needs these very settings. Implied by the options above. */
  readonly own?: boolean;
  readonly onProgress?: (text: string) => void;
}
