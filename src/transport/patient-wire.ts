import { connectionError } from './errors/connection-errors.ts';
import type { ClientOptions } from './port.ts';
import { errorTraits } from '../model/errors.ts';
import { addressOf, type Address } from '../model/address.ts';
import type { Link, Purpose, Wire } from './wire.ts';

/**
 * A broker that refused us is left alone for this long, whoever wants to speak to it: 15 tries a minute at most, however
 * many topics and pushes there are. Below the 5 s after which delivery asks again about a refused topic. Milliseconds.
 */
const respite = 4_000;

interface Acquaintance {
  reached: boolean;
  refused?: { readonly failure: unknown; readonly until: number };
}

/**
 * Any wire, without storms of logins that cannot succeed: clusters lock users out for that, and each costs the broker a
 * TLS handshake and a password hash. A broker that is merely away may be tried as often as delivery likes.
 */
export class PatientWire implements Wire {
  readonly #wire: Wire;
  readonly #options: ClientOptions;
  readonly #now: () => number;
  readonly #brokers = new Map<string, Acquaintance>();

  constructor(wire: Wire, options: ClientOptions, now: () => number = () => performance.now()) {
    this.#wire = wire;
    this.#options = options;
    this.#now = now;
  }

  async open(broker: Address, purpose: Purpose): Promise<Link> {
    const address = addressOf(broker);
    const known = this.#brokers.get(address) ?? { reached: false };
    this.#brokers.set(address, known);
    if (known.refused !== undefined && this.#now() < known.refused.until) throw known.refused.failure;
    try {
      const link = await this.#wire.open(broker, purpose);
      known.reached = true;
      delete known.refused;
      return link;
    } catch (failure) {
      if (this.#isRefusal(failure, address, known.reached)) {
        known.refused = { failure, until: this.#now() + respite };
      }
      throw failure;
    }
  }

  close(): Promise<void> {
    return this.#wire.close();
  }

  #isRefusal(failure: unknown, address: string, reached: boolean): boolean {
    const { code } = connectionError(failure, address, this.#options, reached);
    return errorTraits(code).scope === 'connection';
  }
}
