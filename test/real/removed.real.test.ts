import { describe, expect, it } from 'vitest';
import { startFailure } from '../../schema/process/process.ts';
import { namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

describe('an executor whose hypervisor was removed from the database', () => {
  it('exits with the reason, leaves its host alone, and registers a new one when it is restarted', async () => {
    const weft = await LocalWeft.start();
    await weft.request('PUT', '/host/host1/here', undefined, { prefer: 'wait=10' });
    // The effect of DELETE ?force=true.
    for (const table of ['containers', 'host_names', 'hypervisors']) await weft.sql(`DELETE FROM ${table}`);
    await until('it asks for its process to end', () => weft.stopped !== undefined);
    expect(startFailure(weft.stopped)).toBe(
      'Hypervisor host1 was removed from the database. Start weft again to register it anew',
    );
    await weft.stop();
    expect(namespaces()).toEqual(['here']);

    await weft.restart();
    const found =
      'SELECT name, alive, held, total_memory > 0 AND total_disk > 0 AND total_cpu > 0 AS known FROM v_hypervisors';
    expect(await weft.sql(found)).toEqual([{ name: 'host1', alive: 1, held: null, known: 1 }]);
    const [row] = await weft.sql<{ capabilities: string }>('SELECT capabilities FROM hypervisors');
    expect(JSON.parse(row?.capabilities ?? '')).toMatchObject({
      netns: { available: true, version: expect.any(String) },
      frr: { available: false, reason: expect.stringContaining('does not manage it yet') },
    });
  });
});
