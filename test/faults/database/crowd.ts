import { waiting } from '../../conformance/example.ts';
import { until } from '../../support/until.ts';
import { askedAnew, called, type DatabaseScenario } from '../database-scenario.ts';

/** Together with the network, one operation more than an executor runs concurrently. */
const names = Array.from({ length: 64 }, (_, ordinal) => `c${ordinal}`);
const network = { cenID: 'lan', containerIDs: ['x1', 'x2'] };

/**
 * All places are taken, one of the running operations is cancelled, and then all continue. The cancelled operation
 * still has steps left at that time, whichever step it is taking.
 */
export const crowd: DatabaseScenario = {
  times: {},
  async run(lab) {
    await lab.request('POST', '/cen/import', { cenList: [network] }, waiting);
    const release = Promise.withResolvers<void>();
    lab.steps.onPlace = (place) => (place === 'namespace.create:before' ? release.promise : undefined);
    const make = lab.request('POST', '/cen/make', [network.cenID], waiting);
    const running = () =>
      lab.sql<{ id: string }>("SELECT id FROM operations WHERE status = 'running' AND parent IS NULL");
    await until('the network is begun', async () => (await running()).length === 1);
    const [first] = await running();
    const full = called(lab, 'poll');
    const puts = names.map((name) => lab.request('PUT', `/host/host1/${name}`, undefined, waiting));
    await full();
    const cancel = lab.request('POST', `/operations/${first?.id}/cancel`, undefined, waiting);
    await until('its cancellation is asked for', async () => {
      const [asked] = await lab.sql('SELECT 1 FROM operations WHERE cancel_ms IS NOT NULL');
      return asked !== undefined;
    });
    await askedAnew(lab, 'poll');
    lab.steps.onPlace = () => undefined;
    release.resolve();
    return (await Promise.all([cancel, make, ...puts])).map(({ status }) => status);
  },
  async clear(lab) {
    await lab.request('DELETE', `/cen/${network.cenID}`, undefined, waiting);
    const containers = [...network.containerIDs, ...names];
    await Promise.all(containers.map((name) => lab.request('DELETE', `/host/host1/${name}`, undefined, waiting)));
  },
};
