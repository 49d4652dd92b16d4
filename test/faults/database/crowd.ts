import { waiting } from '../../conformance/example.ts';
import { until } from '../../support/until.ts';
import { called, type DatabaseScenario } from '../database-scenario.ts';

/** As many operations as an executor runs side by side, and one more. */
const names = Array.from({ length: 65 }, (_, ordinal) => `c${ordinal}`);

/** No place is free for another operation, one of those that run is cancelled, and then all go on. */
export const crowd: DatabaseScenario = {
  times: {},
  async run(lab) {
    const release = Promise.withResolvers<void>();
    lab.steps.onPlace = (place) => (place === 'namespace.create:before' ? release.promise : undefined);
    const makes = names.map((name) => lab.request('PUT', `/host/host1/${name}`, undefined, waiting));
    const full = called(lab, 'cancelled');
    await full();
    const [row] = await lab.sql<{ id: string }>(
      "SELECT id FROM operations WHERE status = 'running' ORDER BY sequence LIMIT 1",
    );
    const cancel = lab.request('POST', `/operations/${row?.id}/cancel`, undefined, waiting);
    await until('its cancellation is asked for', async () => {
      const [asked] = await lab.sql('SELECT 1 FROM operations WHERE cancel_ms IS NOT NULL');
      return asked !== undefined;
    });
    // Two, for what is asked first may be on its way by then; and three where two of three go wrong.
    await called(lab, 'cancelled', 4)();
    lab.steps.onPlace = () => undefined;
    release.resolve();
    return [(await cancel).status, ...(await Promise.all(makes)).map(({ status }) => status)];
  },
  async clear(lab) {
    await Promise.all(names.map((name) => lab.request('DELETE', `/host/host1/${name}`, undefined, waiting)));
  },
};
