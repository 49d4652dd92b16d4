import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { example, exampleCens } from '../conformance/example.ts';
import { namespaces } from '../support/host.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';

/** Starts a weft that cannot start; returns its exit code and the lines on standard error. */
async function refused(
  weft: Weft,
  environment: Record<string, string> = {},
  entry?: string,
): Promise<{ code: unknown; lines: string[] }> {
  const child = weft.launch(environment, entry);
  const [code] = await once(child, 'close');
  return { code, lines: weft.errors.trim().split('\n') };
}

describe('a failure to start is one line that says what to do', () => {
  it('a taken port', async () => {
    const weft = await Weft.prepare();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(weft.port, '127.0.0.1', resolve));
    const { code, lines } = await refused(weft);
    squatter.close();
    expect(code).toBe(1);
    expect(lines).toEqual([
      `weft: 127.0.0.1:${weft.port} is taken by another process; end that one, or set WEFT_LISTEN to another address`,
    ]);
  });

  it('an invalid variable', async () => {
    const { code, lines } = await refused(await Weft.prepare(), { WEFT_LISTEN: 'everywhere' });
    expect(code).toBe(1);
    expect(lines).toEqual([
      'weft: WEFT_LISTEN: "everywhere" is not ADDRESS:PORT, such as 127.0.0.1:8080 or [::1]:8080',
    ]);
  });

  it('a state directory of another user', async () => {
    const weft = await Weft.prepare();
    const child = weft.launch({}, 'start.ts', 65_534);
    const [code] = await once(child, 'close');
    expect(code).toBe(1);
    expect(weft.errors).toMatch(
      /^weft: WEFT_STATE_DIR: .* belongs to the user 0, and weft runs as 65534: chown 65534 .*, or set WEFT_STATE_DIR to another directory\n$/,
    );
  });

  it('another executor of the same database', async () => {
    const first = await Weft.start();
    const second = await Weft.prepare();
    const { code, lines } = await refused(second, { WEFT_STATE_DIR: first.stateDirectory });
    expect(code).toBe(1);
    expect(lines).toEqual([
      `weft: Another executor of this database runs on this host (pid ${first.child.pid}). End that one first`,
    ]);
  });
});

describe('the processes', () => {
  it('work separately, on one database file', async () => {
    const weft = await Weft.prepare();
    const executor = weft.launch({}, 'executor/main.ts');
    await weft.start({}, 'functions/server.ts');
    await weft.request('POST', '/cen/import', example);
    expect(await weft.request('POST', '/cen/make', exampleCens, { prefer: 'wait=20' })).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
    });
    const ended = once(executor, 'exit');
    executor.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  });

  it('shut down at SIGTERM, in the middle of their work, and continue at the next start', async () => {
    const weft = await Weft.start();
    const containerIDs = Array.from({ length: 200 }, (_, ordinal) => `n${ordinal}`);
    await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'big', containerIDs }] });
    await weft.request('POST', '/cen/make', ['big']);
    await until('some namespaces are there', () => namespaces().length > 5);
    expect(await weft.end('SIGTERM')).toBe(0);
    expect(namespaces().length).toBeLessThan(200);
    expect(
      await weft.sql("SELECT DISTINCT status FROM operations WHERE resource IS NOT NULL AND kind = 'cen.make'"),
    ).toEqual([{ status: 'pending' }]);
    await weft.start();
    await until('the CEN is made', async () => (await weft.request('GET', '/cen/big')).body.status === 'ready');
    expect(namespaces()).toHaveLength(200);
  });

  it('without root serve the API; a request for a namespace is a 422 with the reason', async () => {
    const weft = await Weft.prepare();
    chownSync(weft.stateDirectory, 65_534, 65_534);
    await weft.start({}, 'start.ts', 65_534);
    expect((await weft.request('POST', '/cen/import', example)).status).toBe(200);
    const answer = await weft.request('POST', '/cen/make', ['cen1']);
    expect(answer.status).toBe(422);
    expect(answer.body.detail).toMatch(
      /^host1 cannot make network namespaces: the process lacks CAP_NET_ADMIN and CAP_SYS_ADMIN/,
    );
    expect(namespaces()).toEqual([]);
  });

  it('work without Soft Patch Panel while its port is taken; its requests are a 422 with the reason', async () => {
    const weft = await Weft.prepare();
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(5555, '127.0.0.1', resolve));
    await weft.start();
    const answer = await fetch(`${weft.url}/v1/vfs/1`);
    expect(answer.status).toBe(422);
    expect(await answer.text()).toMatch(
      /^host1 cannot be reached by SPP processes: listen on 127\.0\.0\.1:5555: .*EADDRINUSE/,
    );
    expect((await weft.request('PUT', '/host/host1/works')).status).toBe(200);
    squatter.close();
    await until('the port is listened on', async () => (await fetch(`${weft.url}/v1/vfs/1`)).status === 404);
  });
});
