import { parseArgs } from 'node:util';

export interface StartOptions {
  readonly once: boolean;
  readonly help: boolean;
  /** 0: any free one. */
  readonly port: number;
  /** Somebody asked for this very port, so no other will do. */
  readonly portGiven: boolean;
  /** Whether a browser may be opened. */
  readonly open: boolean;
}

export const help = `npm start [-- options]

Starts Kafka, a walkerOS flow with an HTTP source and the Kafka destination, a tagged shop, and a view of the records
as a Kafka consumer reads them back. Ctrl-C ends everything.

  --once      sends a fixed set of events, shows them as Kafka's own Java consumer reads them back, compares, and ends:
              0 when all are there as sent, else 1
  --port N    port of the shop, the live view and POST /collect (default 8080, or a free one when that is taken;
              0: a free one)
  --no-open   opens no browser
  --help      this text

  KAFKA_BROKERS=host:9092,…   uses that cluster instead of starting one (then there are no faults by hand)
  NO_COLOR=1                  no colours (there are none either where the output is not a terminal)
`;

/** The command line is wrong; the message says how. */
export class UsageError extends Error {}

/** @throws UsageError */
export function readOptions(args: readonly string[]): StartOptions {
  const { once = false, help = false, 'no-open': noOpen = false, port } = parse(args);
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65_535)) {
    throw new UsageError(`--port takes a whole number from 0 to 65535, not "${port}"`);
  }
  return { once, help, port: Number(port ?? 8080), portGiven: port !== undefined, open: !noOpen };
}

function parse(args: readonly string[]) {
  try {
    const options = {
      once: { type: 'boolean' },
      help: { type: 'boolean' },
      'no-open': { type: 'boolean' },
      port: { type: 'string' },
    } as const;
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    // Node goes on about how to pass a positional argument, of which there are none.
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/);
    throw new UsageError(first.replace(/\.$/, ''), { cause: error });
  }
}
