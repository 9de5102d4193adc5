import { isBearerToken, isObject, isSaslExtension, within } from '../model/foreign.ts';
import { KafkaError, reasonOf } from '../model/errors.ts';
import { Secret } from '../model/secret.ts';
import type { Grant } from '../transport/tokens/bearer.ts';

/**
 * Answers with a fresh token each time it is asked: the shape kafkajs has for it, and what else is known of the token.
 * It is asked for a new one before the old one expires; without `lifetime`, `expiresAt` and an `exp` in the token, at
 * each login.
 */
export type OAuthBearerProvider = () => Promise<{
  value: string;
  /** Milliseconds from now. */
  lifetime?: number | undefined;
  /** Milliseconds since the epoch; wins over `lifetime`. */
  expiresAt?: number | Date | undefined;
  /** SASL extensions, such as Confluent Cloud's `logicalCluster`. */
  extensions?: Record<string, string> | undefined;
}>;

/** Answers with the name and the password that are in force now; asked at each login. */
export type CredentialsProvider = () => Promise<{ username: string; password: string }>;

/** A function that has not answered by then is taken for one that failed. Milliseconds. */
const answerTimeout = 5_000;

/**
 * Providers are the user's code: a wrong answer would otherwise be sent as the token "undefined".
 * @param name where the user has written it, for messages
 */
export async function tokenFrom(provider: OAuthBearerProvider, name: string): Promise<Grant> {
  const answer = await answerOf(name, provider);
  const { value, lifetime, expiresAt, extensions = {} } = answer;
  if (!isText(value)) throw wrongAnswer(name, 'no token', '{ value: "<token>" }');
  if (!isBearerToken(value)) {
    const what = 'a token that holds a character which no bearer token has (a line break?)';
    throw wrongAnswer(name, what, '{ value: "<token>" }');
  }
  if (!isTexts(extensions) || !Object.entries(extensions).every(([of, text]) => isSaslExtension(of, text)))
    throw wrongAnswer(name, 'no usable extensions', '{ extensions: { name: "text" } }');
  const end = expiresAt instanceof Date ? expiresAt.getTime() : expiresAt;
  const life = typeof lifetime === 'number' ? Date.now() + lifetime : undefined;
  return { token: new Secret(value), extensions, expiresAt: typeof end === 'number' ? end : life };
}

export async function credentialsFrom(
  provider: CredentialsProvider,
): Promise<{ username: string; password: Secret<string> }> {
  const name = 'settings.kafka.sasl.credentials';
  const { username, password } = await answerOf(name, provider);
  if (!isText(username) || !isText(password)) {
    throw wrongAnswer(name, 'no login', '{ username: "<name>", password: "<password>" }');
  }
  return { username, password: new Secret(password) };
}

async function answerOf(
  name: string,
  provider: () => Promise<unknown>,
): Promise<Readonly<Record<string, unknown>>> {
  try {
    // Not the function itself, which may throw before it answers.
    const asked = Promise.resolve().then(provider);
    const found = await within(
      answerTimeout,
      asked.then((answer) => ({ answer })),
    );
    if (found === undefined) throw new Error(`no answer within ${answerTimeout} ms`);
    return isObject(found.answer) ? { ...found.answer } : {};
  } catch (failure) {
    // The failure is not passed on as cause: it may refer to what the user's code had at hand, such as a request with its secret.
    throw new KafkaError('CREDENTIALS_UNAVAILABLE', `The function ${name} failed: ${reasonOf(failure)}`);
  }
}

function wrongAnswer(name: string, what: string, shape: string): KafkaError {
  return new KafkaError(
    'AUTHENTICATION_FAILED',
    `The function ${name} gave ${what}: it must answer ${shape}`,
  );
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function isTexts(value: unknown): value is Record<string, string> {
  return isObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
