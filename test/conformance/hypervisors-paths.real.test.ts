import { describe, expect, it } from 'vitest';
import { LocalWeft } from '../support/local-weft.ts';
import { aFleet, ID, must, NOBODY, SUBNET, written } from './hypervisors-server.ts';

const one = `/hypervisors/${ID}`;

/** Every path of the dialect and its extensions, with its methods. */
const paths: readonly (readonly [string, string])[] = [
  ['/hypervisors', 'GET, POST, HEAD'],
  [one, 'GET, PATCH, DELETE, HEAD'],
  [`${one}/config`, 'GET, PATCH, HEAD'],
  [`${one}/subnets`, 'GET, PATCH, HEAD'],
  [`${one}/subnets/${SUBNET}`, 'GET, DELETE, HEAD'],
  [`${one}/guests`, 'GET, HEAD'],
  ['/subnets', 'GET, POST, HEAD'],
  [`/subnets/${SUBNET}`, 'GET, PATCH, DELETE, HEAD'],
  [`/subnets/${SUBNET}/addresses`, 'GET, POST, HEAD'],
  [`/subnets/${SUBNET}/addresses/10.7.0.1`, 'GET, DELETE, HEAD'],
];

async function aFleetWithSubnet(): Promise<LocalWeft> {
  const weft = await aFleet();
  await must(weft, 'POST', '/subnets', { id: SUBNET, cidr: '10.7.0.0/24' });
  await must(weft, 'POST', `/subnets/${SUBNET}/addresses`, {});
  await must(weft, 'PATCH', `${one}/subnets`, { [SUBNET]: 'br0' });
  return weft;
}

describe('every path', () => {
  it('is the same with a trailing slash, and with its ids in upper case', async () => {
    const weft = await aFleetWithSubnet();
    const shouted = (path: string) => path.replace(ID, ID.toUpperCase()).replace(SUBNET, SUBNET.toUpperCase());
    for (const [path] of paths) {
      const answer = await weft.request('GET', path);
      expect({ path, status: answer.status }).toEqual({ path, status: 200 });
      for (const other of [`${path}/`, shouted(path), `${shouted(path)}/`]) {
        const { status, body } = await weft.request('GET', other);
        expect({ other, status, body }).toEqual({ other, status: 200, body: answer.body });
      }
    }
  });

  it('answers other methods with 405 and Allow', async () => {
    const weft = await aFleetWithSubnet();
    const before = await written(weft);
    for (const [path, allow] of paths) {
      for (const method of ['PUT', 'OPTIONS', 'POST', 'PATCH', 'DELETE'].filter((each) => !allow.includes(each))) {
        for (const where of [path, `${path}/`]) {
          const { status, headers, body } = await weft.request(method, where, '{}');
          expect([method, where, status, headers.get('allow'), body.code]).toEqual([
            method,
            where,
            405,
            allow,
            'method_not_allowed',
          ]);
        }
      }
    }
    expect(await written(weft)).toEqual(before);
  });

  it('answers HEAD like GET without the body', async () => {
    const weft = await aFleetWithSubnet();
    for (const [path] of paths) {
      const [head, get] = await Promise.all(['HEAD', 'GET'].map((method) => fetch(`${weft.url}${path}`, { method })));
      expect([path, head?.status, await head?.text()]).toEqual([path, 200, '']);
      expect(head?.headers.get('etag')).toBe(get?.headers.get('etag'));
    }
  });

  it('that names a hypervisor accepts its name, and rejects what is neither id nor name', async () => {
    const weft = await aFleetWithSubnet();
    await must(weft, 'PATCH', one, { name: 'rack-1.node_2' });
    const before = await written(weft);
    for (const [path, allow] of paths.filter(([each]) => each.startsWith(one))) {
      expect([path, (await weft.request('GET', path.replace(ID, 'rack-1.node_2'))).status]).toEqual([path, 200]);
      for (const method of ['GET', 'PATCH', 'DELETE'].filter((each) => allow.includes(each))) {
        for (const [name, status] of [
          [NOBODY, 404],
          [NOBODY.toUpperCase(), 404],
          ['nobody', 400],
          [ID.slice(1), 400],
          [`${ID}0`, 400],
          [ID.replaceAll('-', ''), 400],
          ['%20', 400],
          ["x'--", 400],
        ] as const) {
          const body = method === 'PATCH' ? {} : undefined;
          const answer = await weft.request(method, path.replace(ID, name), body);
          expect([method, path, name, answer.status]).toEqual([method, path, name, status]);
          expect(answer.headers.get('content-type')).toContain('application/problem+json');
          if (status === 400) expect(answer.body.message).toBe('invalid hypervisor id');
          expect(JSON.stringify(answer.body)).not.toMatch(/stack|\.ts:\d/);
        }
      }
    }
    expect(await written(weft)).toEqual(before);
  });
});

describe('the prefix /hypervisors/{id or name}', () => {
  it('is accepted before every dialect’s paths', async () => {
    const weft = await LocalWeft.start();
    const { id } = await must<{ id: string }>(weft, 'GET', '/hypervisors/host1');
    for (const prefix of ['/hypervisors/host1', `/hypervisors/${id}`, `/hypervisors/${id.toUpperCase()}`]) {
      await must(weft, 'PUT', `${prefix}/cen/c1`);
      expect(await must(weft, 'GET', `${prefix}/cen/c1/`)).toMatchObject({ cenID: 'c1', hypervisors: ['host1'] });
      await must(weft, 'POST', `${prefix}/cen/import`, { cenList: [{ cenID: 'c2', containerIDs: ['web'] }] });
      expect(await must(weft, 'GET', `${prefix}/host/host1/web`)).toMatchObject({ contID: 'web' });
      expect(await must<unknown[]>(weft, 'GET', `${prefix}/v1/processes`)).toEqual([]);
      await must(weft, 'DELETE', `${prefix}/cen/c1`);
    }
  });

  it('rejects an unknown hypervisor, before anything else of the request', async () => {
    const weft = await LocalWeft.start();
    const before = await weft.sql('SELECT count(*) AS count FROM operations');
    for (const path of ['/cen/c1', '/host/host1/web']) {
      for (const [name, status] of [
        [NOBODY, 404],
        ['nobody', 400],
      ] as const) {
        const answer = await weft.request('PUT', `/hypervisors/${name}${path}`, 'not json');
        expect([path, name, answer.status]).toEqual([path, name, status]);
      }
    }
    expect(await weft.sql('SELECT count(*) AS count FROM operations')).toEqual(before);
  });

  it('does not find resources of another hypervisor', async () => {
    const weft = await LocalWeft.start();
    await must(weft, 'POST', '/hypervisors', { id: ID, name: 'host2' });
    await must(weft, 'PUT', '/hypervisors/host1/cen/lan');
    expect((await weft.request('GET', '/hypervisors/host2/cen/lan')).status).toBe(404);
    await must(weft, 'PUT', '/hypervisors/host2/cen/lan');
    const ambiguous = await weft.request('GET', '/cen/lan');
    expect(ambiguous.status).toBe(409);
    for (const name of ['host1', 'host2']) expect(JSON.stringify(ambiguous.body)).toContain(name);
    expect(await must(weft, 'GET', '/hypervisors/host2/cen/lan')).toMatchObject({ hypervisors: ['host2'] });
  });
});
