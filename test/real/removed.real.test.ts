import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { namespaces } from '../support/host.ts';
import { Weft } from '../support/weft.ts';

describe('an executor whose hypervisor was removed from the database', () => {
  it('exits with the reason, leaves its host alone, and registers a new one when it is restarted', async () => {
    const weft = await Weft.start();
    await weft.request('PUT', '/host/host1/here', undefined, { prefer: 'wait=10' });
    const ended = once(weft.child, 'close');
    // The effect of DELETE ?force=true.
    for (const table of ['containers', 'host_names', 'hypervisors']) await weft.sql(`DELETE FROM ${table}`);
    expect(await ended).toEqual([1, null]);
    expect(weft.errors).toBe(
      'weft: Hypervisor host1 was removed from the database. Start weft again to register it anew\n',
    );
    expect(namespaces()).toEqual(['here']);

    await weft.start();
    const found =
      'SELECT name, alive, held, total_memory > 0 AND total_disk > 0 AND total_cpu > 0 AS known FROM v_hypervisors';
    expect(await weft.sql(found)).toEqual([{ name: 'host1', alive: 1, held: null, known: 1 }]);
    const [row] = await weft.sql<{ capabilities: string }>('SELECT capabilities FROM hypervisors');
    expect(JSON.parse(row?.capabilities ?? '')).toMatchObject({
      netns: { available: true, version: expect.any(String) },
      libvirt: { available: false, reason: expect.stringContaining('does not manage it yet') },
    });
  });
});
