import { Admin } from '@platformatic/kafka';

/** A few requests to a cluster; nothing is cached or retried, so an answer is always the broker's own. */
export async function withAdmin<Answer>(
  brokers: readonly string[],
  talk: (admin: Admin) => Promise<Answer>,
  { requestTimeout = 10_000 } = {},
): Promise<Answer> {
  const admin = new Admin({
    clientId: 'kafka-scripts',
    bootstrapBrokers: [...brokers],
    retries: 0,
    connectTimeout: 2000,
    requestTimeout,
    metadataMaxAge: 0,
  });
  try {
    return await talk(admin);
  } finally {
    await admin.close().catch(() => undefined);
  }
}
