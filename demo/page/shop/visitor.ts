/**
 * Who the events are from. A session lasts as long as its tab; it is written down only with consent, and until then it
 * is as short as the page.
 */
export const visitor = {
  session: sessionStorage.getItem('session') ?? newSession(),

  remember(): void {
    sessionStorage.setItem('session', this.session);
  },

  get consent(): boolean | undefined {
    const answer = localStorage.getItem('consent');
    return answer === null ? undefined : answer === 'yes';
  },

  set consent(given: boolean) {
    localStorage.setItem('consent', given ? 'yes' : 'no');
    if (given) this.remember();
  },

  get user(): string | undefined {
    return sessionStorage.getItem('user') ?? undefined;
  },

  set user(name: string | undefined) {
    if (name === undefined) sessionStorage.removeItem('user');
    else sessionStorage.setItem('user', name);
  },

  forget(): void {
    localStorage.removeItem('consent');
    sessionStorage.clear();
  },
};

/** Written by people and read by people: short, and not to be mistaken for another. */
function newSession(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return `s-${[...bytes].map((byte) => letters[byte % letters.length]).join('')}`;
}
