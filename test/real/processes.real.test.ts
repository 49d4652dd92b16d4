import { describe, expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { Registry } from '../support/images/registry.ts';
import { makeShellLayout } from '../support/images/shell-image.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';

interface Container {
  readonly state: string;
  readonly exit_code: number | null;
  readonly restarts: number;
  readonly wanted: string;
  readonly detail?: string;
}

async function start(): Promise<{ weft: LocalWeft; image: string }> {
  const registry = await Registry.start();
  const image = registry.push(makeShellLayout(), 'lab/shell:1', { tag: 'latest' });
  const weft = await LocalWeft.start();
  await weft.request('PATCH', '/hypervisors/host1/config', { image_allow_local: 'true' });
  return { weft, image };
}

describe('a container with an image', () => {
  it('runs it, and ends it with the container', async () => {
    const { weft, image } = await start();
    const put = await weft.request<Container>('PUT', '/host/host1/c1', { image }, waiting);
    expect(put).toMatchObject({ status: 200, body: { state: 'running', image, exit_code: null } });
    expect(await weft.request('POST', '/host/host1/c1/stop', { timeout: 0 }, waiting)).toMatchObject({
      status: 200,
      body: { state: 'exited', wanted: 'stopped', exit_code: 137 },
    });
    const [shown] = await weft.sql('SELECT image, wanted, restart, exit_code, restarts FROM v_containers');
    expect(shown).toEqual({ image, wanted: 'stopped', restart: 'no', exit_code: 137, restarts: 0 });
    expect(await weft.request('POST', '/host/host1/c1/start', undefined, waiting)).toMatchObject({
      status: 200,
      body: { state: 'running', wanted: 'running', exit_code: null },
    });
    expect(await weft.request('DELETE', '/host/host1/c1', undefined, waiting)).toMatchObject({ status: 200 });
    await until('the container is gone', async () => (await weft.request('GET', '/host/host1/c1')).status === 404);
  });
});
