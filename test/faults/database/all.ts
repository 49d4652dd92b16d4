import type { DatabaseScenario } from '../database-scenario.ts';
import { crowd } from './crowd.ts';
import { processes } from './processes.ts';
import { start } from './start.ts';
import { sweep } from './sweep.ts';
import { work } from './work.ts';

export const databaseScenarios = { work, sweep, start, crowd, processes } as const satisfies Record<
  string,
  DatabaseScenario
>;

export type DatabaseScenarioName = keyof typeof databaseScenarios;
