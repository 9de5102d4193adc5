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
