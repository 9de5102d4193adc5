import type { Check } from '../check.ts';
import { failure, ok } from '../finding.ts';

/** Whether a push ends before the collector stops waiting for it. */
export const timeouts: Check = {
  name: 'timeouts',
  needs: ['settings'],
  examine({ deliveryTimeout, collectorTimeout, name }) {
    if (deliveryTimeout < collectorTimeout)
      return Promise.resolve([
        ok(`deliveryTimeout ${deliveryTimeout} ms ends before the collector's ${collectorTimeout} ms`),
      ]);
    return Promise.resolve([
      failure(
        `settings.kafka.deliveryTimeout (${deliveryTimeout} ms) does not end before the collector's limit ` +
          `(config.timeout, ${collectorTimeout} ms): it counts pushes as failed that go on and are stored.`,
        `Lower settings.kafka.deliveryTimeout below ${collectorTimeout}, or set config.timeout of destination "${name}" ` +
          `above ${deliveryTimeout}.`,
      ),
    ]);
  },
};
