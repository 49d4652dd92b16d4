import { ip, linkNames } from '../../support/host.ts';
import { until } from '../../support/until.ts';
import type { DatabaseScenario } from '../database-scenario.ts';

/** An orphan is seen twice, and removed automatically after its grace time. */
export const sweep: DatabaseScenario = {
  times: { scan: 30, grace: 1 },
  async run(lab) {
    const [database] = await lab.sql<{ id: string }>('SELECT id FROM database');
    ip('link', 'add', 'lost', 'type', 'bridge');
    ip('link', 'set', 'lost', 'alias', `weft:${database?.id}/01900000-0000-7000-8000-000000000000 lost`);
    await until('it is gone', () => !linkNames(null).includes('lost'));
    await until('it is forgotten', async () => (await lab.sql('SELECT 1 FROM orphans')).length === 0);
  },
};
