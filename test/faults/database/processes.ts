import { killNow } from '../../../executor/drivers/oci/runtime/processes.ts';
import { waiting } from '../../conformance/example.ts';
import { viewsOf } from '../../support/oci/process-picture.ts';
import { until } from '../../support/until.ts';
import type { DatabaseScenario } from '../database-scenario.ts';
import type { Lab } from '../lab.ts';
import { IMAGE, putImage, recorded } from '../scenarios/processes.ts';

const names = ['a', 'b'] as const;

async function run(lab: Lab, name: string, restart: string): Promise<number> {
  const { status } = await lab.request('PUT', `/host/host1/${name}`, { image: IMAGE, restart }, waiting);
  return status;
}

/** Its program ends as if by itself. */
export async function endProgram(lab: Lab, name: string): Promise<void> {
  const [row] = await lab.sql<{ id: string }>(`SELECT id FROM containers WHERE name = '${name}'`);
  const view = (await viewsOf(lab)).find(({ owner }) => owner === row?.id);
  if (!view?.pid) throw new Error(`${name} does not run`);
  killNow(view.pid);
}

/** What the rows say, when they say what is. */
export async function processesIn(lab: Lab): Promise<object[]> {
  await recorded(lab);
  return lab.sql(
    `SELECT name, state, process ->> '$.running' AS running, process ->> '$.exit_code' AS exit_code,
      process ->> '$.reason' AS reason, process ->> '$.restarts' AS restarts
     FROM containers ORDER BY name`,
  );
}

/** What the second uses is written from now on. */
async function measured(lab: Lab): Promise<void> {
  await lab.sql('DELETE FROM container_stats');
  await until('it is measured', async () => {
    const rows = await lab.sql(
      "SELECT 1 FROM container_stats s JOIN containers c ON c.id = s.container AND name = 'b'",
    );
    return rows.length > 0;
  });
}

/** Processes start, are measured, and end; one is started again. */
export const processes: DatabaseScenario = {
  times: { statistics: 50 },
  async prepare(lab) {
    await putImage(lab);
    return async () => undefined;
  },
  async run(lab) {
    const answers = await Promise.all([run(lab, 'a', 'no'), run(lab, 'b', 'always')]);
    await measured(lab);
    const before = await processesIn(lab);
    await Promise.all(names.map((name) => endProgram(lab, name)));
    await until('it is started again', async () => {
      const views = await viewsOf(lab);
      return views.some(({ phase, restarts }) => phase === 'running' && restarts === 1);
    });
    await measured(lab);
    const after = await processesIn(lab);
    for (const name of names) await lab.request('DELETE', `/host/host1/${name}`, undefined, waiting);
    return { answers, before, after };
  },
};
