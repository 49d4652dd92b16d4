import { expect, it } from 'vitest';
import type { StatisticsBody } from '../../schema/api/leviathan-statistics.ts';
import { waiting } from '../conformance/example.ts';
import { Registry } from '../support/images/registry.ts';
import { makeShellLayout } from '../support/images/shell-image.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

const MEGABYTE = 2 ** 20;
/** All processes are read once in 10 s. */
const INTERVAL_MS = 10_000;

/** Two containers in a network: the first is busy, and asks the second for an answer all the time. */
async function stage() {
  const registry = await Registry.start();
  const image = registry.push(makeShellLayout(), 'lab/shell:1', { tag: 'latest' });
  const weft = await LocalWeft.start();
  await weft.request('PATCH', '/hypervisors/host1/config', { image_allow_local: 'true' });
  await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['busy', 'idle'] }] });
  await weft.request('POST', '/cin/import', { cin1: ['lan'] });
  await weft.request('POST', '/cen/make', ['lan'], waiting);
  await weft.request('POST', '/cin/make', ['cin1'], waiting);
  await weft.request('PUT', '/host/host1/idle', { image }, waiting);
  const { body } = await weft.request<{ ipaddresses: string[] }>('GET', '/host/host1/idle');
  const command = ['sh', '-c', `ping ${body.ipaddresses[0]} & while :; do :; done`];
  const put = await weft.request('PUT', '/host/host1/busy', { image, command, memory: 64 }, waiting);
  expect(put).toMatchObject({ status: 200, body: { state: 'running' } });
  return weft;
}

const statisticsOf = async (weft: LocalWeft, container: string) => {
  const { status, body } = await weft.request<StatisticsBody>('GET', `/host/host1/${container}/stats`);
  expect(status).toBe(200);
  return body;
};

it('the statistics of a busy container grow, and those of an idle one do not; the last ones stay', async () => {
  const weft = await stage();
  await until('it was read once', async () => (await statisticsOf(weft, 'busy')).at !== null);
  const first = await statisticsOf(weft, 'busy');
  await until('it was read twice', async () => (await statisticsOf(weft, 'busy')).cpu.cores !== null);
  const [busy, idle] = await Promise.all([statisticsOf(weft, 'busy'), statisticsOf(weft, 'idle')]);
  expect(busy.cpu.microseconds).toBeGreaterThan((first.cpu.microseconds ?? Number.NaN) + 500_000);
  expect(busy.cpu.cores).toBeGreaterThan(0.05);
  expect(idle.cpu.cores).toBeLessThan(0.05);
  expect(busy.memory).toEqual({ bytes: expect.any(Number), limit: 64 * MEGABYTE });
  expect(busy.memory.bytes).toBeLessThan(64 * MEGABYTE);
  expect(idle.memory.limit).toBeNull();
  expect(busy.processes).toBeGreaterThanOrEqual(2);
  expect(busy.interfaces.map(({ name }) => name)).toEqual(['lan']);
  // A request and an answer each second, in about ten of them.
  const answers = (body: StatisticsBody) => body.interfaces[0]?.received.packets ?? Number.NaN;
  expect(answers(busy)).toBeGreaterThanOrEqual(answers(first) + 5);
  const rows = await weft.sql<{ container: string; sent_per_second: number }>(
    `SELECT container, i.sent_per_second FROM v_container_stats s JOIN v_container_interfaces i USING (hypervisor, container)
     WHERE s.cores IS NOT NULL ORDER BY container`,
  );
  expect(rows.map(({ container }) => container)).toEqual(['busy', 'idle']);
  for (const { sent_per_second } of rows) expect(sent_per_second).toBeGreaterThan(20);

  await weft.request('POST', '/host/host1/busy/stop', { timeout: 0 }, waiting);
  const ended = await statisticsOf(weft, 'busy');
  await until('the other one was read again', async () => (await statisticsOf(weft, 'idle')).at !== idle.at);
  expect((await statisticsOf(weft, 'busy')).at).toBe(ended.at);

  const passes = await weft.sql<{ at_ms: number; containers: number }>(
    'SELECT at_ms, count(*) AS containers FROM container_stats GROUP BY at_ms ORDER BY at_ms',
  );
  expect(passes.slice(0, 2).map(({ containers }) => containers)).toEqual([2, 2]);
  // Never sooner; and three times what is promised, since the machine may be busy.
  for (const pause of pausesOf(passes)) {
    expect(pause).toBeGreaterThan(0.99 * INTERVAL_MS);
    expect(pause).toBeLessThan(3 * INTERVAL_MS);
  }
});

function pausesOf(passes: readonly { readonly at_ms: number }[]): number[] {
  return passes.slice(1).map(({ at_ms }, index) => at_ms - (passes[index]?.at_ms ?? Number.NaN));
}
