/** What `walkeros push --simulate` uses in place of a cluster. */
export * as env from './env.ts';
/** The worked examples of docs/examples.md: configuration, event, and what Kafka stores. */
export * as step from './step.ts';
