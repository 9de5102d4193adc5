import type { Scenario } from '../scenario.ts';
import { brokerScenarios } from './brokers.ts';
import { networkScenarios } from './network.ts';
import { otherScenarios } from './others.ts';
import { references } from './reference.ts';
import { spoolScenarios } from './spool.ts';

export const scenarios: readonly Scenario[] = [
  ...references,
  ...brokerScenarios,
  ...networkScenarios,
  ...otherScenarios,
  ...spoolScenarios,
];
