import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { KafkaError, reasonOf, type ErrorCode, type ErrorDetail } from '../../../model/errors.ts';
import { failure, ok, warning, type Verdict } from '../report.ts';
import { setupCommand, type Registry, type Target } from '../target.ts';

/** Whether the schema registries of the settings answer what the destination will ask them. */
export async function registry(target: Target): Promise<Verdict[] | string> {
  const { registries } = target;
  if (registries.length === 0) return 'the settings name none';
  const findings = await Promise.all(registries.map((registry) => look(target, registry)));
  // Setup and values mostly use the same one: one cause, one finding.
  return [...new Map(findings.toReversed()).values()].toReversed();
}

/** A verdict, by what is the same if two settings name one registry. */
async function look(target: Target, registry: Registry): Promise<[cause: string, Verdict]> {
  const place = registry.urls.join(', ');
  try {
    await registry.look();
    return [place, ok(`${place}: answers`)];
  } catch (thrown) {
    return [
      `${place} ${causeOf(thrown)}`,
      failure(reasonOf(thrown), fixFor(thrown, registry.setting, target)),
    ];
  }
}

/** Rights are given by subject, and schemas belong to one. */
function causeOf(thrown: unknown): string | undefined {
  const reason = reasonOf(thrown);
  const { code, detail } = thrown instanceof KafkaError ? thrown : {};
  if (detail === 'forbidden') return `forbidden ${subjectOf(reason)}`;
  return code?.startsWith('SCHEMA_') === true ? reason : code;
}

function fixFor(thrown: unknown, path: string, target: Target): string {
  const { code, detail } = thrown instanceof KafkaError ? thrown : {};
  const fix = (detail && fixes[detail]) ?? (code && fixes[code]);
  return fix?.(path, reasonOf(thrown), target) ?? `Start the registry, or correct ${path}.url.`;
}

/** What to do, by the detail of an error, else by its code. `path`: the setting that names the registry. */
const fixes: Partial<
  Record<ErrorDetail | ErrorCode, (path: string, reason: string, target: Target) => string>
> = {
  forbidden: (path, reason) =>
    `Grant the user of ${path}.auth the right to read ${subjectOf(reason) ?? 'schemas'}, and to write it where schemas ` +
    'are registered: the login itself is taken.',
  'no-token': (path) =>
    `Correct ${path}.auth, or see to it that its token endpoint answers: the registry was not asked.`,
  'certificate-untrusted': (path) =>
    `Set ${path}.ssl.ca to the certificate of the authority that signed the registry's (PEM as text).`,
  'certificate-expired': () => "Renew the registry's certificate; nothing in flow.json mends this.",
  'certificate-name': (path) =>
    `Write in ${path}.url a name that the certificate has, or set ${path}.ssl.servername to one.`,
  'http-status': () =>
    "Look at the registry's log, and at that of a proxy before it: it answers, and cannot do what it is asked.",
  REGISTRY_UNAUTHORIZED: (path) => `Correct the login in ${path}.auth.`,
  REGISTRY_FAILED: (path) => `Write the whole path of its API in ${path}.url.`,
  SCHEMA_MISSING: (path, _reason, target) =>
    `Declare config.setup (with useLatestVersion also its schemaRegistry) and run "${setupCommand(target)}", set ` +
    `${valueOf(path)}.autoRegister, or register it by hand.`,
  SCHEMA_INCOMPATIBLE: (path) =>
    `Make ${valueOf(path)}.schema compatible with what is registered, write with that (${valueOf(path)}.useLatestVersion ` +
    'instead of autoRegister), or write to another topic.',
  SCHEMA_RULES_UNSUPPORTED: (path) =>
    `Name the rules in ${valueOf(path)}.ignoreRules if values may be written without them. Otherwise disable them in the ` +
    'registry, or write to another topic, whose events a client with these rules copies.',
  SCHEMA_INVALID: (path) => `Correct ${valueOf(path)}: no event can be written with it.`,
};

const valueOf = (path: string): string => path.replace(/\.registry$/, '');

/** The registry's client names it in its message only. */
function subjectOf(reason: string): string | undefined {
  return /subject "[^"]*"/.exec(reason)?.[0];
}

/** Half of this may be the time on the network, and a `Date` has whole seconds only. Milliseconds. */
const tolerance = 5_000;
const clockTimeout = 2_000;

/**
 * Whether the clocks agree. Kafka tells nobody its time, but the registry does, in the `Date` of any HTTP answer. A clock that
 * is off spoils timestamps, with them retention and windows, and logins that are signed for some minutes.
 */
export async function clock({ registries: [registry] }: Target): Promise<Verdict | string> {
  if (registry === undefined)
    return 'no server tells its time: brokers do not, and the settings name no registry';
  const before = Date.now();
  const registryTime = await dateOf(registry).catch(() => undefined);
  if (registryTime === undefined) return 'the registry does not tell its time';
  const after = Date.now();
  // The second that it names may be nearly over: half a second is the best guess.
  const ahead = (before + after) / 2 - (registryTime + 500);
  if (Math.abs(ahead) <= tolerance) return ok(`agrees with the registry's within ${tolerance / 1000} s`);
  const seconds = Math.round(Math.abs(ahead) / 1000);
  return warning(
    `The clock of this machine is ${seconds} s ${ahead > 0 ? 'ahead of' : 'behind'} the registry's: timestamps, retention and windows are off by as much.`,
    'Let one source set both clocks (chrony or systemd-timesyncd: "timedatectl status").',
  );
}

function dateOf({ urls: [url = ''], tls }: Registry): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(clockTimeout);
    const asked = url.startsWith('https:')
      ? requestTls(url, { ...tls?.reveal(), method: 'HEAD', signal })
      : requestPlain(url, { method: 'HEAD', signal });
    asked.once('error', reject);
    asked.once('response', (answer) => {
      answer.resume();
      const time = Date.parse(answer.headers.date ?? '');
      resolve(Number.isNaN(time) ? undefined : time);
    });
    asked.end();
  });
}
