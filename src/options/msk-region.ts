interface RegionFacts {
  readonly sasl?: { readonly region?: string | undefined } | undefined;
  readonly brokers: readonly string[];
  readonly environmentRegion: string | undefined;
}

/** `b-1.shop.a1b2c3.c2.kafka.eu-west-1.amazonaws.com`, `boot-x.c1.kafka-serverless.us-east-1.amazonaws.com`, and China's. */
const mskHost =
  /\.kafka(?:-serverless)?\.([a-z]{2,}(?:-[a-z]+)+-\d+)\.(?:amazonaws\.com(?:\.cn)?|api\.aws):\d+$/i;

/** The AWS region that tokens are signed for: the setting, else the brokers' host names', else the environment's. */
export function regionOf({ sasl, brokers, environmentRegion }: RegionFacts): string | undefined {
  return sasl?.region ?? regionOfHosts(brokers) ?? environmentRegion;
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
