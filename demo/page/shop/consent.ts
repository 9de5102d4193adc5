import { html, onClick } from '../element.ts';
import type { BrowserPush } from './browser-source.ts';
import { visitor } from './visitor.ts';

/** Asks once; the answer goes to the collector, which then lets go of what it has kept, or goes on keeping it. */
export function askForConsent(elb: BrowserPush, onAnswer: (given: boolean) => void): void {
  const banner = html('consent');
  banner.hidden = visitor.consent !== undefined;
  const answer = (given: boolean): void => {
    visitor.consent = given;
    banner.hidden = true;
    void elb('walker consent', { analytics: given });
    onAnswer(given);
  };
  onClick('consent-yes', () => answer(true));
  onClick('consent-no', () => answer(false));
}
