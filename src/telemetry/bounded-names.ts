/** So many topics, and so many brokers, have a name of their own in metrics. */
const limit = 100;
/** What the rest are called together: OpenTelemetry's own word for it. */
export const other = '_other';

/**
 * Lets the first hundred names through and calls the rest `_other`: each new name is a new time series in the metrics
 * backend, for ever. Topics stand in the settings, where rules can name any number of them; no event can name one.
 */
export function boundedNames(): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= limit) return other;
    known.add(name);
    return name;
  };
}
