/** What to change where an address is the wrong one: it stands in the settings, or a broker advertises it. */
export interface AddressFixes {
  /** About a name that the certificate does not have; goes on with another way. */
  readonly name: string;
  /** About a port without TLS. */
  readonly tlsPort: string;
  /** About a port that nobody answers at, after "and whether". */
  readonly port: string;
}

export const inSettings: AddressFixes = {
  name: 'Write in settings.kafka.brokers a name that the certificate has',
  tlsPort: 'Take the TLS port of the broker in settings.kafka.brokers, or remove settings.kafka.ssl.',
  port: 'the port is right',
};

/** That of the settings brought us here, with the same TLS: nothing of them is to be changed. */
export function advertisedBy(nodeId: number): AddressFixes {
  const setting = `advertised.listeners of broker ${nodeId}`;
  return {
    name: `Set ${setting} to a name that its certificate has`,
    tlsPort: `Set ${setting} to its TLS port.`,
    port: `${setting} names the right port`,
  };
}
