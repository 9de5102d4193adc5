export * as env from './env.ts';
export * as step from './step.ts';
