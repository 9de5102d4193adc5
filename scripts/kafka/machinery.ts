/** What runs a node, whatever it is: a JVM or a container. */
export interface NodeProcess {
  readonly dataDir: string | undefined;
  launch(): Promise<void>;
  running(): Promise<boolean>;
  /** The end of its log, for an error's text. */
  lastWords(): Promise<string>;
  /** @param graceMs after which it is killed, for a SIGTERM that leads nowhere (no quorum left) */
  end(signal: 'SIGTERM' | 'SIGKILL', graceMs: number): Promise<void>;
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

export interface Machinery {
  /** In the order of the plans. */
  readonly processes: readonly NodeProcess[];
  /** Everything that is not a process: folders, networks. Called once, when all of them have ended. */
  readonly remove: () => Promise<void>;
}
