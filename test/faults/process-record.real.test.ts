import { expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { StoreTemplate } from '../support/images/put-image.ts';
import { viewsOf } from '../support/oci/process-picture.ts';
import { until } from '../support/until.ts';
import { endProgram, processesIn } from './database/processes.ts';
import { databaseFaults } from './database-faults.ts';
import { Lab } from './lab.ts';

/* The death of a process is recorded, whichever way the first record of it fails. */

const IMAGE = 'lab/shell:1';
const images = new StoreTemplate(IMAGE);

const faults = databaseFaults.filter(({ name }) => name === 'fails' || name === 'is executed, and its answer is lost');
const ended = [{ name: 'a', state: 'exited', running: 0, exit_code: 137, reason: null, restarts: 0 }];

async function start(): Promise<Lab> {
  const lab = await Lab.start();
  await images.putInto(lab);
  await lab.request('PUT', '/host/host1/a', { image: IMAGE }, waiting);
  return lab;
}

/** Its process runs again, and that is recorded. */
async function startAgain(lab: Lab): Promise<void> {
  lab.executorDatabase.mend();
  await lab.request('POST', '/host/host1/a/start', undefined, waiting);
  expect(await processesIn(lab)).toMatchObject([{ state: 'running' }]);
}

async function end(lab: Lab): Promise<void> {
  await endProgram(lab, 'a');
  await until('it has ended', async () => (await viewsOf(lab)).every(({ phase }) => phase === 'exited'));
}

it('a death is recorded by the executor that sees it', async () => {
  const lab = await start();
  for (const fault of faults) {
    await startAgain(lab);
    lab.executorDatabase.plan({ faults: new Map([['processes.note', fault]]), occurrences: 'once' });
    await end(lab);
    expect({ fault: fault.name, rows: await processesIn(lab) }).toEqual({ fault: fault.name, rows: ended });
    expect(lab.executorDatabase.strikes).toBe(1);
  }
});

it('a death that nobody saw is recorded by the next executor, which starts nevertheless', async () => {
  const lab = await start();
  for (const fault of faults) {
    await startAgain(lab);
    await lab.abandon();
    await end(lab);
    lab.executorDatabase.plan({ faults: new Map([['processes.note', fault]]), occurrences: 'once' });
    await lab.startExecutor();
    expect({ fault: fault.name, rows: await processesIn(lab) }).toEqual({ fault: fault.name, rows: ended });
    expect(lab.executorDatabase.strikes).toBe(1);
  }
});
