import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { addAddress, ip, linkNames, links, namespaces, picture, pings } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { until } from '../support/until.ts';
import { example, exampleCens, exampleContainers, waiting } from './example.ts';

interface Operation {
  id: string;
  status: string;
  progress: { done: number; total: number };
  result: { items: { id: string; status: string; error?: { detail: string } }[] } | null;
}

async function madeExample(): Promise<LocalWeft> {
  const weft = await LocalWeft.start();
  await weft.request('POST', '/cen/import', example);
  await weft.request('POST', '/cen/make', exampleCens, waiting);
  return weft;
}

/** The links of the host, without what the kernel changes of them by itself a while after they were made. */
function linksAsMade(): unknown[] {
  const found: { ifindex: number; ifname: string; address: string; master?: string }[] = JSON.parse(
    ip('-json', 'link', 'show'),
  );
  return found.map(({ ifindex, ifname, address, master }) => ({ ifindex, ifname, address, master }));
}

describe('the example of the document', () => {
  it('becomes namespaces, bridges and veth pairs that carry traffic, and is removed again', async () => {
    const weft = await LocalWeft.start();
    expect(
      await weft.request('POST', '/cen/import', example, { 'content-type': 'application/x-www-form-urlencoded' }),
    ).toMatchObject({
      status: 200,
      body: { imported: exampleCens },
    });
    expect(namespaces()).toEqual([]);

    const made = await weft.request<Operation>('POST', '/cen/make', exampleCens, waiting);
    expect(made).toMatchObject({ status: 200, body: { status: 'succeeded', progress: { done: 17, total: 17 } } });
    expect(made.body.result?.items).toEqual(exampleCens.map((id) => ({ id, status: 'succeeded' })));
    expect(made.headers.get('preference-applied')).toBe('wait=20');

    expect(namespaces()).toEqual(exampleContainers);
    expect(
      links(null)
        .filter(({ linkinfo }) => linkinfo?.info_kind === 'bridge')
        .map(({ ifname }) => ifname),
    ).toEqual(['cen1', 'cen2', 'cen3']);
    expect(
      links(null)
        .filter(({ master }) => master === 'cen1')
        .map(({ ifname }) => ifname),
    ).toEqual(['c1.0o', 'c13.0o', 'c14.0o', 'c2.0o']);
    expect(linkNames('c11')).toEqual(['cen3', 'cen4']);
    expect(linkNames('c2')).toEqual(['cen1', 'cen5']);

    addAddress('c2', 'cen5', '10.5.0.2/24');
    addAddress('c3', 'cen5', '10.5.0.3/24');
    expect(pings('c2', '10.5.0.3')).toBe(true);
    for (const [ordinal, container] of ['c1', 'c2', 'c13', 'c14'].entries())
      addAddress(container, 'cen1', `10.1.0.${ordinal + 1}/24`);
    expect(pings('c1', '10.1.0.2')).toBe(true);
    expect(pings('c14', '10.1.0.3')).toBe(true);
    addAddress('c4', 'cen2', '10.1.0.5/24');
    expect(pings('c4', '10.1.0.1')).toBe(false);

    expect((await weft.request('GET', '/cen/cen1')).body).toMatchObject({
      cenID: 'cen1',
      contIDs: ['c1', 'c2', 'c13', 'c14'],
      wiring_type: 'bridge',
      status: 'ready',
      hypervisors: ['host1'],
    });
    expect((await weft.request('GET', '/cen/cen4')).body).toMatchObject({
      wiring_type: 'wire',
      wires: [
        [
          { contID: 'c11', interface: 'cen4' },
          { contID: 'c12', interface: 'cen4' },
        ],
      ],
    });

    const destroyed = await weft.request<Operation>('POST', '/cen/destroy', exampleCens, waiting);
    expect(destroyed).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect(namespaces()).toEqual([]);
    expect(linkNames(null)).toEqual([]);
    expect((await weft.request('GET', '/cen/cen1')).body).toMatchObject({
      contIDs: ['c1', 'c2', 'c13', 'c14'],
      wiring_type: null,
      status: 'pending',
    });
    expect((await weft.request('POST', '/cen/make', exampleCens, waiting)).body).toMatchObject({ status: 'succeeded' });
    expect(namespaces()).toEqual(exampleContainers);
  });

  it('answers make and destroy 202 at once, with the operation', async () => {
    const weft = await LocalWeft.start();
    await weft.request('POST', '/cen/import', example);
    const answer = await weft.request<Operation>('POST', '/cen/make', exampleCens);
    expect(answer.status).toBe(202);
    const location = answer.headers.get('location') ?? '';
    expect(location).toBe(`/operations/${answer.body.id}`);
    await until(
      'the operation has ended',
      async () => (await weft.request<Operation>('GET', location)).body.status === 'succeeded',
    );
  });

  it('changes nothing when it is made again, or destroyed when it is not made', async () => {
    const weft = await madeExample();
    const before = linksAsMade();
    expect(await weft.request('POST', '/cen/make', exampleCens, waiting)).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
    });
    expect(linksAsMade()).toEqual(before);
    await weft.request('PUT', '/cen/other');
    expect(await weft.request('POST', '/cen/destroy', ['other'], waiting)).toMatchObject({
      status: 200,
      body: { status: 'succeeded' },
    });
    expect(linksAsMade()).toEqual(before);
  });

  it('starts nothing when an id of the list is unknown', async () => {
    const weft = await LocalWeft.start();
    await weft.request('POST', '/cen/import', example);
    expect((await weft.request('POST', '/cen/make', ['cen1', 'cen9'])).status).toBe(404);
    expect(await weft.sql("SELECT * FROM operations WHERE kind = 'cen.make'")).toEqual([]);
    expect(namespaces()).toEqual([]);
  });
});

describe('a namespace of a container', () => {
  it('stays after destroy if another made CEN contains it, or it was created by a PUT', async () => {
    const weft = await madeExample();
    expect(await weft.request('PUT', '/host/host1/c1')).toMatchObject({
      status: 200,
      body: { contID: 'c1', hostID: 'host1', cens: ['cen1'], tag: null, ipaddresses: [], state: 'running' },
    });
    await weft.request('POST', '/cen/destroy', ['cen1'], waiting);
    expect(namespaces()).toEqual(exampleContainers.filter((name) => name !== 'c13' && name !== 'c14'));
    expect(linkNames('c2')).toEqual(['cen5']);
    expect(linkNames('c1')).toEqual([]);
  });

  it('is created and removed by PUT and DELETE, and leaves every CEN first', async () => {
    const weft = await madeExample();
    expect(await weft.request('PUT', '/host/host1/web', { tag: 'blue' })).toMatchObject({
      status: 200,
      body: { contID: 'web', tag: 'blue', state: 'running' },
    });
    expect(namespaces()).toContain('web');
    expect((await weft.request('DELETE', '/host/host1/web')).status).toBe(200);
    expect((await weft.request('GET', '/host/host1/web')).status).toBe(404);

    expect(await weft.request('DELETE', '/host/host1/c2')).toMatchObject({
      status: 200,
      body: { contID: 'c2', cens: ['cen1', 'cen5'] },
    });
    expect(namespaces()).not.toContain('c2');
    expect((await weft.request('GET', '/cen/cen1')).body).toMatchObject({
      contIDs: ['c1', 'c13', 'c14'],
      wiring_type: 'bridge',
    });
    expect((await weft.request('GET', '/cen/cen5')).body).toMatchObject({
      contIDs: ['c3'],
      wiring_type: null,
      status: 'ready',
    });
    expect(linkNames('c3')).toEqual([]);
    expect(await weft.sql("SELECT * FROM host_names WHERE name LIKE 'c2%'")).toEqual([]);
  });
});

describe('a change between wire and bridge', () => {
  it('keeps the addresses of the remaining containers, and their traffic except for a second', async () => {
    const weft = await madeExample();
    addAddress('c2', 'cen5', '10.5.0.2/24');
    addAddress('c3', 'cen5', '10.5.0.3/24');
    expect(pings('c2', '10.5.0.3')).toBe(true);
    const ping = spawn('ip', ['netns', 'exec', 'c2', 'ping', '-i', '0.02', '-W', '1', '-q', '10.5.0.3'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let report = '';
    ping.stdout.on('data', (text: Buffer) => {
      report += text.toString();
    });
    // Not 'exit': the output may be incomplete then.
    const ended = once(ping, 'close');

    expect(await weft.request('PUT', '/host/host1/c30/cen5')).toMatchObject({
      status: 200,
      body: { contIDs: ['c2', 'c3', 'c30'], wiring_type: 'bridge' },
    });
    expect(linkNames(null)).toEqual(expect.arrayContaining(['cen5', 'c2.1o', 'c3.0o', 'c30.0o']));
    addAddress('c30', 'cen5', '10.5.0.30/24');
    expect(pings('c30', '10.5.0.2')).toBe(true);
    expect(await weft.request('DELETE', '/host/host1/c30/cen5')).toMatchObject({
      status: 200,
      body: { contIDs: ['c2', 'c3'], wiring_type: 'wire' },
    });
    expect(linkNames(null)).not.toContain('cen5');
    expect(linkNames('c30')).toEqual([]);
    expect(pings('c2', '10.5.0.3')).toBe(true);

    ping.kill('SIGINT');
    await ended;
    const [, sent, received] = /(\d+) packets transmitted, (\d+) received/.exec(report) ?? [];
    // A packet every 20 ms: fifty in the second that is promised, with three times that for a slow machine.
    expect(Number(sent) - Number(received)).toBeLessThan(3 * 50);
  });

  it('applies the difference when a made CEN is imported again', async () => {
    const weft = await madeExample();
    await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'cen4', containerIDs: ['c12', 'c40', 'c41'] }] });
    expect((await weft.request('GET', '/cen/cen4')).body).toMatchObject({
      contIDs: ['c12', 'c40', 'c41'],
      wiring_type: 'bridge',
      status: 'ready',
    });
    expect(linkNames('c11')).toEqual(['cen3']);
    expect(linkNames('c41')).toEqual(['cen4']);
  });
});

describe('one CEN', () => {
  it('is created empty, grows from wire to bridge, and is removed with its wires', async () => {
    const weft = await LocalWeft.start();
    expect(await weft.request('PUT', '/cen/lan')).toMatchObject({
      status: 200,
      body: { cenID: 'lan', contIDs: [], wiring_type: null, status: 'pending' },
    });
    expect((await weft.request('PUT', '/cen/lan')).status).toBe(200);
    await weft.request('POST', '/cen/make', ['lan'], waiting);
    expect((await weft.request('PUT', '/host/host1/a/lan')).body).toMatchObject({ contIDs: ['a'], wiring_type: null });
    expect((await weft.request('PUT', '/host/host1/b/lan')).body).toMatchObject({
      contIDs: ['a', 'b'],
      wiring_type: 'wire',
    });
    expect((await weft.request('PUT', '/host/host1/c/lan')).body).toMatchObject({
      contIDs: ['a', 'b', 'c'],
      wiring_type: 'bridge',
    });
    expect((await weft.request('PUT', '/host/host1/c/lan')).body).toMatchObject({ contIDs: ['a', 'b', 'c'] });
    expect((await weft.request('DELETE', '/cen/lan')).status).toBe(200);
    expect((await weft.request('GET', '/cen/lan')).status).toBe(404);
    expect(linkNames(null)).toEqual([]);
    expect(await weft.sql("SELECT * FROM host_names WHERE kind = 'link'")).toEqual([]);
  });

  it('accepts ids that are invalid as names of links', async () => {
    const weft = await LocalWeft.start();
    const cen = 'a-network-with-quite-a-long-name';
    const containers = ['abcdefabcdef', '4f2a8c77d1e09b', 'x'.repeat(63)];
    await weft.request('POST', '/cen/import', {
      cenList: [
        { cenID: cen, containerIDs: containers },
        { cenID: 'lo', containerIDs: containers.slice(0, 2) },
      ],
    });
    expect((await weft.request('POST', '/cen/make', [cen, 'lo'], waiting)).body).toMatchObject({ status: 'succeeded' });
    expect(linkNames(null)).toEqual([
      expect.stringMatching(/^4f2~[0-9a-z]{6}\.0o$/),
      expect.stringMatching(/^a-networ~[0-9a-z]{6}$/),
      'abcdefabcdef.0o',
      expect.stringMatching(/^xxx~[0-9a-z]{6}\.0o$/),
    ]);
    expect(linkNames('abcdefabcdef')).toEqual([
      expect.stringMatching(/^a-networ~/),
      expect.stringMatching(/^lo~[0-9a-z]{6}$/),
    ]);
    expect(links('4f2a8c77d1e09b')[0]?.ifalias).toMatch(/ 4f2a8c77d1e09b\.0i 4f2a8c77d1e09b\.0o$/);
  });
});

describe('a foreign object', () => {
  it('is named in the failure and left as it is; the other CENs of the list are made', async () => {
    const weft = await LocalWeft.start();
    ip('netns', 'add', 'c12');
    ip('link', 'add', 'cen1', 'type', 'bridge');
    const before = picture();
    await weft.request('POST', '/cen/import', example);
    const answer = await weft.request<Operation & { detail: string; step: string }>(
      'POST',
      '/cen/make',
      exampleCens,
      waiting,
    );
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toMatch(/^2 of 5 failed: Link cen1 on the host already exists/);
    expect(await weft.sql('SELECT n.name, n.state FROM cens n ORDER BY name')).toEqual([
      { name: 'cen1', state: 'failed' },
      { name: 'cen2', state: 'ready' },
      { name: 'cen3', state: 'ready' },
      { name: 'cen4', state: 'failed' },
      { name: 'cen5', state: 'ready' },
    ]);
    const [operation] = await weft.sql<{ id: string }>(
      "SELECT id FROM operations WHERE kind = 'cen.make' AND parent IS NULL",
    );
    const { body } = await weft.request<Operation>('GET', `/operations/${operation?.id}`);
    expect(body.result?.items.filter(({ status }) => status === 'failed').map(({ id }) => id)).toEqual([
      'cen1',
      'cen4',
    ]);
    expect(body.result?.items.find(({ id }) => id === 'cen4')?.error?.detail).toMatch(
      /Namespace c12 already exists and does not belong to weft \(no label\)/,
    );

    await weft.request('POST', '/cen/destroy', exampleCens, waiting);
    expect(picture()).toEqual(before);
    ip('netns', 'delete', 'c12');
    ip('link', 'delete', 'cen1');
  });

  it('keeps a container from being created: a 409, and no row', async () => {
    const weft = await LocalWeft.start();
    ip('netns', 'add', 'mine');
    const answer = await weft.request('PUT', '/host/host1/mine');
    expect(answer).toMatchObject({
      status: 409,
      body: { code: 'conflict', step: 'namespace.create', hint: expect.stringContaining('ip netns delete mine') },
    });
    expect(await weft.sql('SELECT * FROM containers')).toEqual([]);
    expect(await weft.sql('SELECT * FROM host_names')).toEqual([]);
    expect(await weft.sql('SELECT * FROM operation_subjects')).toEqual([]);
    ip('netns', 'delete', 'mine');
    expect((await weft.request('PUT', '/host/host1/mine')).status).toBe(200);
  });
});
