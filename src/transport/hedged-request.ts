/**
 * Asks candidates one after another and takes the first answer: the next is asked when one fails, or has said nothing
 * for `hedgeAfter` milliseconds, since a frozen broker accepts connections and never answers. With an answer there is
 * nothing more to ask: what fails later may do so because the client is closed.
 * @throws AggregateError with every failure, when all have failed.
 */
export function hedgedRequest<Candidate, Answer>(
  candidates: readonly Candidate[],
  hedgeAfter: number,
  ask: (candidate: Candidate) => Promise<Answer>,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const failures: unknown[] = [];
    let asked = 0;
    let answered = false;
    let timer: NodeJS.Timeout | undefined;

    function askNext(): void {
      clearTimeout(timer);
      const candidate = candidates[asked];
      if (candidate === undefined) return;
      asked += 1;
      if (asked < candidates.length) timer = setTimeout(askNext, hedgeAfter);
      ask(candidate).then(
        (answer) => {
          answered = true;
          clearTimeout(timer);
          resolve(answer);
        },
        (failure: unknown) => {
          if (answered) return;
          failures.push(failure);
          if (failures.length === candidates.length) reject(new AggregateError(failures));
          else askNext();
        },
      );
    }

    askNext();
  });
}
