import { appendFileSync } from 'node:fs';
import type { Kind } from '../../executor/kinds.ts';
import { startExecutor } from '../../executor/main.ts';
import { startServer } from '../../functions/server.ts';
import { startProcess } from '../../schema/process/process.ts';

/*
 * `npm start` with faults, which only tests start:
 * WEFT_FAULT_LOG=<file> gets a line `<step>:<before|after>` for each place that it comes by.
 * WEFT_FAULT_AT=<step>:<before|after> sends WEFT_FAULT_SIGNAL (SIGKILL) to itself when it comes by there.
 * WEFT_FAULT_FAIL=<step>:<n> makes the step fail for good the nth time that it is taken; <step>:always each time.
 * WEFT_FAULT_TWICE=1 takes every step twice.
 */

const {
  WEFT_FAULT_AT: place,
  WEFT_FAULT_SIGNAL: signal = 'SIGKILL',
  WEFT_FAULT_LOG: log,
  WEFT_FAULT_FAIL: failing,
  WEFT_FAULT_TWICE: twice,
} = process.env;

const taken = new Map<string, number>();

class PlannedFailure extends Error {
  readonly code = 'denied';
  readonly transient = false;
}

function pass(step: string, side: 'before' | 'after'): void {
  if (log !== undefined) appendFileSync(log, `${step}:${side}\n`);
  if (`${step}:${side}` === place) process.kill(process.pid, signal);
}

function failOnce(step: string): void {
  const times = (taken.get(step) ?? 0) + 1;
  taken.set(step, times);
  if (`${step}:${times}` === failing || `${step}:always` === failing)
    throw new PlannedFailure(`${step} fails as planned`);
}

function faulty(kind: Kind): Kind {
  const apply: Kind['resource']['apply'] = async (step) => {
    pass(step.name, 'before');
    failOnce(step.name);
    await kind.resource.apply(step);
    if (twice !== undefined) await kind.resource.apply(step);
    pass(step.name, 'after');
  };
  return { ...kind, resource: { ...kind.resource, apply } };
}

await startProcess(async (context) => {
  const executor = await startExecutor(context, { wrap: faulty });
  const server = await startServer(context.configuration, context.database, context.log);
  return {
    async close() {
      await server.close();
      await executor.close();
    },
  };
});
