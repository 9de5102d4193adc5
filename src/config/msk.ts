import { parseAddress } from '../model/cluster.ts';

/** `b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com`, `boot-x.c1.kafka-serverless.us-east-1.amazonaws.com`, and China's. */
const mskHost =
  /\.kafka(?:-serverless)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws):\d+$/i;

/** The AWS region that tokens are signed for: the setting, else the brokers' host names', else the environment's. */
export function regionOf(
  written: string | undefined,
  brokers: readonly string[],
  environmentRegion: string | undefined,
): string | undefined {
  return written ?? regionOfHosts(brokers) ?? environmentRegion;
}

function regionOfHosts(brokers: readonly string[]): string | undefined {
  return brokers
    .map((broker) => mskHost.exec(broker)?.[1]?.toLowerCase())
    .find((region) => region !== undefined);
}

/** As AWS's own tools look for it; a variable set to nothing is not set. */
export function regionOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return environment.AWS_REGION || environment.AWS_DEFAULT_REGION || undefined;
}

export function isMskHost(broker: string): boolean {
  return mskHost.test(broker);
}

/** MSK has a listener for each way in: inside its network, and public. */
const ports = { iam: [9098, 9198], scram: [9096, 9196], all: [9092, 9094, 9194, 9096, 9196, 9098, 9198] };

/** What is wrong with a port of MSK for this mechanism, where it is one of another way in. */
export function mskPortProblem(
  mechanism: string | undefined,
  brokers: readonly string[],
): string | undefined {
  const right = mechanism === 'aws' ? ports.iam : mechanism === 'scram-sha-512' ? ports.scram : undefined;
  const broker = brokers.find((name) => isMskHost(name) && ports.all.includes(parseAddress(name).port));
  if (right === undefined || broker === undefined || right.includes(parseAddress(broker).port))
    return undefined;
  return (
    `hold ${broker}: MSK takes "${mechanism}" on port ${right[0]}, from outside its network on ${right[1]}, ` +
    'and hangs up on others'
  );
}
