import { once } from 'node:events';
import { chownSync } from 'node:fs';
import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { example, waiting } from '../conformance/example.ts';
import { linkNames, namespaces } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
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
    const first = await LocalWeft.start();
    const second = await Weft.prepare();
    const { code, lines } = await refused(second, { WEFT_STATE_DIR: first.stateDirectory });
    expect(code).toBe(1);
    expect(lines).toEqual([
      `weft: Another executor of this database runs on this host (pid ${process.pid}). End that one first`,
    ]);
  });
});

describe('the processes', () => {
  const containerIDs = Array.from({ length: 20 }, (_, ordinal) => `n${ordinal}`);

  it('work apart on one database file, end at SIGTERM in good order in the middle of their work, and go on at the next start', async () => {
    const [functions, executor] = [await Weft.prepare(), await Weft.prepare()];
    const environment = { WEFT_STATE_DIR: functions.stateDirectory };
    // It stops where its namespaces are there and their links are not, until it has its signal.
    const stopping = { WEFT_FAULT_AT: 'veth.create:before', WEFT_FAULT_SIGNAL: 'SIGSTOP' };
    executor.launch({ ...environment, ...stopping }, 'test/support/faulty-start.ts');
    await functions.start({}, 'functions/server.ts');
    await functions.request('POST', '/cen/import', { cenList: [{ cenID: 'big', containerIDs }] });
    const { body } = await functions.request('POST', '/cen/make', ['big']);
    await until('it is stopped', () => executor.isStopped);
    const ended = executor.end('SIGTERM');
    executor.child.kill('SIGCONT');
    expect(await ended).toBe(0);
    expect(namespaces()).toHaveLength(containerIDs.length);
    const statuses = "SELECT DISTINCT status FROM operations WHERE resource IS NOT NULL AND kind = 'cen.make'";
    expect(await functions.sql(statuses)).toEqual([{ status: 'pending' }]);

    executor.launch(environment, 'executor/main.ts');
    const made = await functions.request('GET', `/operations/${body.id}`, undefined, waiting);
    expect(made.body.status).toBe('succeeded');
    expect(await executor.end('SIGTERM')).toBe(0);
    expect(linkNames(null)).toHaveLength(containerIDs.length + 1);
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
    const squatter = createServer();
    await new Promise<void>((resolve) => squatter.listen(5555, '127.0.0.1', resolve));
    const weft = await LocalWeft.start();
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
