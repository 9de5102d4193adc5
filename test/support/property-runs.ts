/** How many cases each property suite tries. `PROPERTY_RUNS=1000` before a change of the producer lands. */
export const propertyRuns = Number(process.env['PROPERTY_RUNS'] ?? 300);
