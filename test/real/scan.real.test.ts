import { describe, expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { ip, picture } from '../support/host.ts';
import { isSameHost } from '../support/same-host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

async function finished(weft: Weft): Promise<void> {
  await until(
    'every operation has ended',
    async () => (await weft.sql('SELECT 1 FROM operation_subjects')).length === 0,
  );
}

describe('a scan', () => {
  it('at the start finds nothing on a host that is as it should be, and repairs what is missing', async () => {
    const weft = await Weft.start();
    await weft.request('POST', '/cen/import', example);
    await weft.request('POST', '/cen/make', exampleCens, waiting);
    await weft.request('PUT', '/host/host1/single');
    const before = picture();
    await weft.stop();
    const scanned = async () =>
      (await weft.sql<{ scanned_ms: number }>('SELECT scanned_ms FROM hypervisors'))[0]?.scanned_ms;
    const last = await scanned();
    await weft.start();
    await until('it has scanned the host', async () => (await scanned()) !== last);
    expect(await weft.sql("SELECT * FROM operations WHERE principal = 'executor'")).toEqual([]);

    await weft.stop();
    ip('netns', 'delete', 'c2');
    ip('link', 'set', 'c1.0o', 'nomaster');
    ip('link', 'set', 'cen2', 'down');
    await weft.start();
    await until('the host is as before', () => isSameHost(before));
    await finished(weft);
    const repairs = await weft.sql(
      "SELECT kind, status FROM operations WHERE principal = 'executor' GROUP BY kind, status",
    );
    expect(repairs).toEqual([
      { kind: 'cen.repair', status: 'succeeded' },
      { kind: 'container.repair', status: 'succeeded' },
      { kind: 'hypervisor.repair', status: 'succeeded' },
    ]);
  });
});
