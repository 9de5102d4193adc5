import type { IncomingMessage } from 'node:http';
import { type Answer, Refusal } from '../source-http/answer.ts';
import { foreignOrigin } from '../source-http/same-origin.ts';

/** The shop's addresses: all are the one page, which shows what its address says. */
const shop = /^\/(?:product\/[a-z-]+|basket|checkout|thanks)$/;

/** What is built, and pages without their ending. */
const files: Readonly<Record<string, string>> = {
  '/live': '/live.html',
  '/tag.js': '/dist/tag.js',
  '/live.js': '/dist/live.js',
  '/theme.js': '/dist/theme.js',
};

/** The file behind an address that people see; every other path is its own. */
export function fileOf(path: string): string {
  if (shop.test(path)) return '/index.html';
  return files[path] ?? path;
}

/** The names of this machine, as browsers write them into `Host`. */
const ownNames: ReadonlySet<string> = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * A page of another's may give its own name our address (DNS rebinding): to the browser it is then of one origin with us,
 * and `Host` and `Origin` agree. The port is not compared, for it may be forwarded.
 * @throws Refusal 403
 */
export function refuseForeignHost({ headers: { host = '' } }: IncomingMessage): void {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!ownNames.has(name)) throw new Refusal(403, 'this answers to 127.0.0.1 and localhost alone');
}

/**
 * The address that a request is for.
 * @throws Refusal 400 for one that is none
 */
export function addressOf({ url = '/' }: IncomingMessage): URL {
  // Not relative to a base: "//" would be one without a host.
  const whole = `http://localhost${url.startsWith('/') ? '' : '/'}${url}`;
  if (!URL.canParse(whole)) throw new Refusal(400, 'the address cannot be read');
  return new URL(whole);
}

/** What a button of the live view or of the shop asks for. */
export type Action = (value: string | null) => Answer | Promise<Answer>;

/**
 * Carries out `POST /do/<action>`.
 * @throws Refusal 403, 404, 405
 */
export async function act(
  request: IncomingMessage,
  { pathname, searchParams }: URL,
  actions: Readonly<Record<string, Action>>,
): Promise<Answer> {
  const name = pathname.slice('/do/'.length);
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action)
    throw new Refusal(404, `there is no action ${name}: there are ${Object.keys(actions).join(', ')}`);
  if (request.method !== 'POST') throw new Refusal(405, 'actions are posted', { allow: 'POST' });
  const stranger = foreignOrigin(request);
  // Stopping a broker is nothing that another's page may do.
  if (stranger !== undefined) throw new Refusal(403, `pages of ${stranger} may not do this`);
  return action(searchParams.get('value'));
}

export const done = (details: Readonly<Record<string, unknown>> = {}): Answer => ({
  status: 200,
  body: { ok: true, ...details },
});
