import { failure, ok, warning, type Verdict } from './finding.ts';

/** What is wrong with one broker, and what to do. */
export interface Fault {
  readonly message: string;
  readonly fix: string;
}

/**
 * Looks at the brokers of the settings side by side. The flow starts from any of them: some that fail are warnings,
 * only all of them are failures.
 * @param praise what to say of those that pass, with their names in place of `%`
 */
export async function eachBroker(
  brokers: readonly string[],
  praise: (passed: readonly string[]) => string,
  examine: (broker: string) => Promise<Fault | undefined>,
): Promise<Verdict[]> {
  const faults = await Promise.all(brokers.map(examine));
  const passed = brokers.filter((_, index) => faults[index] === undefined);
  const blame = passed.length === 0 ? failure : warning;
  const blamed = faults.flatMap((fault) => (fault === undefined ? [] : [blame(fault.message, fault.fix)]));
  return passed.length === 0 ? blamed : [ok(praise(passed)), ...blamed];
}

/** The brokers that pass an earlier check, which has said what is wrong with the others. */
export async function those(
  brokers: readonly string[],
  pass: (broker: string) => Promise<unknown>,
): Promise<string[]> {
  const passed = await Promise.all(
    brokers.map((broker) =>
      pass(broker).then(
        () => true,
        () => false,
      ),
    ),
  );
  return brokers.filter((_, index) => passed[index]);
}
