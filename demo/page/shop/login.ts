import { byId, html, onClick } from '../element.ts';
import type { BrowserPush } from './browser-source.ts';
import { visitor } from './visitor.ts';

/** Signing in adds a user id to every event from then on; the session, and with it the key, stays. */
export function setUpLogin(elb: BrowserPush, onChange: () => void): void {
  const dialog = byId('login', HTMLDialogElement);
  const name = byId('login-name', HTMLInputElement);

  const become = (user: string | undefined): void => {
    visitor.user = user;
    void elb('walker user', { id: user ?? '' });
    onChange();
  };

  html('account').addEventListener('click', () => {
    if (visitor.user === undefined) dialog.showModal();
    else become(undefined);
  });
  onClick('login-cancel', () => dialog.close());
  // Before the tag, which listens at the document: the log-in itself carries the id already.
  dialog.addEventListener('submit', () =>
    become(`u-${name.value.trim().toLowerCase().replaceAll(' ', '-')}`),
  );
}
