import type { Check } from '../check.ts';
import { ok, warning } from '../finding.ts';

/** Whether a push ends before the collector stops waiting for it. */
export const timeouts: Check = {
  name: 'timeouts',
  needs: ['settings'],
  examine({ deliveryTimeout, collectorTimeout, timeoutWarnings, path, name }) {
    if (timeoutWarnings.length > 0) {
      const fix = `Change it in ${path}, destination "${name}".`;
      return Promise.resolve(timeoutWarnings.map((text) => warning(text, fix)));
    }
    return Promise.resolve([
      ok(`deliveryTimeout ${deliveryTimeout} ms ends before the collector's ${collectorTimeout} ms`),
    ]);
  },
};
