import { describe, expect, it } from 'vitest';
import { aFleet, anApi, ID, must, NOBODY, placeOf, shell, written } from './hypervisors-server.ts';

const one = `/hypervisors/${ID}`;

describe('a body', () => {
  it('is parsed as JSON with any Content-Type, or without one', async () => {
    const weft = await aFleet();
    const types = ['application/json', 'application/x-www-form-urlencoded', 'text/plain', 'image/png', ''];
    for (const [ordinal, type] of types.entries()) {
      const header = `-H 'Content-Type:${type === '' ? '' : ` ${type}`}'`;
      const metadata = { ordinal };
      const url = `${weft.url}${one}`;
      const patched = await shell(`curl -XPATCH ${header} ${url} --data-binary '${JSON.stringify({ metadata })}'`);
      expect([type, patched.status, JSON.parse(patched.text).metadata]).toEqual([type, 200, metadata]);
      const posted = await shell(
        `curl -XPOST ${header} ${weft.url}/hypervisors --data-binary '{"name":"n${ordinal}"}'`,
      );
      expect([type, posted.status, JSON.parse(posted.text).name]).toEqual([type, 201, `n${ordinal}`]);
    }
  });

  it('that is not JSON, or of another type, is a 400 that leaves no row', async () => {
    const weft = await aFleet();
    const before = await written(weft);
    const writes = [
      ['POST', '/hypervisors'],
      ['PATCH', one],
      ['PATCH', `${one}/config`],
      ['PATCH', `${one}/subnets`],
    ] as const;
    for (const [method, path] of writes) {
      for (const body of [
        '',
        ' ',
        '{',
        '{"ip":"10.0.0.1"',
        'ip=10.0.0.1',
        '[]',
        '"x"',
        'null',
        '7',
        '{}{}',
        '\u0000',
      ]) {
        const answer = await weft.request(method, path, body);
        expect([method, path, body, answer.status]).toEqual([method, path, body, 400]);
        expect(answer.body.message).toBe(answer.body.detail);
      }
    }
    expect(await written(weft)).toEqual(before);
  });

  it('may be sent back as it was answered, without a warning', async () => {
    const weft = await aFleet();
    const answered = await must(weft, 'GET', one);
    const { status, headers, body } = await weft.request('PATCH', one, answered);
    expect([status, headers.get('warning'), body]).toEqual([200, null, answered]);
    const copy = { ...answered, id: NOBODY, name: 'copy', alive: true, load: 99, last_seen: 'never', free_memory: 1 };
    const posted = await weft.request('POST', '/hypervisors', copy);
    expect([posted.status, posted.headers.get('warning')]).toEqual([201, null]);
    expect(posted.body).toMatchObject({ alive: false, load: null, last_seen: null, free_memory: null });
  });

  it('may have unknown members, which are named', async () => {
    const weft = await aFleet();
    const body = { rack: 7, total_resources: { gpu: 1 } };
    for (const [method, path] of [
      ['PATCH', one],
      ['POST', '/hypervisors'],
    ] as const) {
      const { status, headers } = await weft.request(method, path, body);
      expect([status < 300, headers.get('warning')]).toEqual([
        true,
        expect.stringMatching(/^299 .*\/rack.*\/total_resources\/gpu/),
      ]);
    }
  });
});

describe('a hypervisor that is added', () => {
  it('needs no members', async () => {
    const weft = await anApi();
    const { status, headers, body } = await weft.request('POST', '/hypervisors', {});
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/hypervisors/${body.id}`);
    const none = { memory: 0, disk: 0, cpu: 0 };
    expect(body).toMatchObject({
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      name: body.id,
      metadata: {},
      ip: '',
      netmask: '',
      gateway: '',
      mac: '',
      total_resources: none,
      available_resources: none,
      alive: false,
      last_seen: null,
      boot_id: null,
      executor_version: null,
      load: null,
      free_memory: null,
    });
  });

  it('is created once by concurrent requests', async () => {
    const weft = await anApi();
    const spellings = Array.from({ length: 20 }, (_, ordinal) => (ordinal % 2 === 0 ? ID : ID.toUpperCase()));
    const answers = await Promise.all(spellings.map((id) => weft.request('POST', '/hypervisors', { id })));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array.from({ length: 19 }, () => 409)]);
    expect(await must<{ id: string }[]>(weft, 'GET', '/hypervisors')).toMatchObject([{ id: ID }]);
  });

  it('has all of its resources available unless stated otherwise', async () => {
    const weft = await anApi();
    const total_resources = { memory: 8, disk: 4, cpu: 2 };
    expect(await must(weft, 'POST', '/hypervisors', { total_resources })).toMatchObject({
      available_resources: total_resources,
    });
    expect(
      await must(weft, 'POST', '/hypervisors', { total_resources, available_resources: { disk: 1 } }),
    ).toMatchObject({ available_resources: { memory: 8, disk: 1, cpu: 2 } });
  });
});

describe('a change of resources', () => {
  it('leaves omitted members unchanged, member by member', async () => {
    const weft = await aFleet();
    const before = await must(weft, 'GET', one);
    expect(await must(weft, 'PATCH', one, {})).toEqual(before);
    expect(await must(weft, 'PATCH', one, { available_resources: { memory: 24 } })).toMatchObject({
      ip: '10.100.101.35',
      total_resources: { memory: 1024, disk: 1024, cpu: 1 },
      available_resources: { memory: 24, disk: 1024, cpu: 1 },
    });
    expect(await must(weft, 'PATCH', one, { total_resources: { cpu: 16 } })).toMatchObject({
      total_resources: { memory: 1024, disk: 1024, cpu: 16 },
      available_resources: { memory: 24, disk: 1024 },
    });
  });

  it('with more available than in total, or not a whole number, is refused with its member', async () => {
    const weft = await aFleet();
    const before = await written(weft);
    const wrong: [Record<string, unknown>, string][] = [
      [{ available_resources: { memory: 1025 } }, '/available_resources/memory'],
      [{ total_resources: { disk: 10 }, available_resources: { disk: 11 } }, '/available_resources/disk'],
      ...[-1, 1.5, '1', null, true, 1e300].map((value): [Record<string, unknown>, string] => [
        { total_resources: { memory: value } },
        '/total_resources/memory',
      ]),
      [{ total_resources: [] }, '/total_resources'],
      [{ total_resources: null }, '/total_resources'],
      [{ metadata: [] }, '/metadata'],
      [{ metadata: 'x' }, '/metadata'],
    ];
    for (const [body, place] of wrong) {
      const answer = await weft.request('PATCH', one, body);
      expect([body, answer.status, placeOf(answer.body)]).toEqual([body, 400, place]);
    }
    expect(await written(weft)).toEqual(before);
  });
});

describe('an address', () => {
  it('is answered in its canonical spelling', async () => {
    const weft = await aFleet();
    for (const [sent, answered] of [
      ['01:23:45:67:89:ac', '01:23:45:67:89:ac'],
      ['01-23-45-67-89-AC', '01:23:45:67:89:ac'],
      ['AB:CD:EF:01:23:45', 'ab:cd:ef:01:23:45'],
      ['', ''],
    ]) {
      expect(await must(weft, 'PATCH', one, { mac: sent })).toMatchObject({ mac: answered });
    }
    for (const member of ['ip', 'netmask', 'gateway']) {
      for (const [sent, answered] of [
        ['10.100.101.35', '10.100.101.35'],
        ['255.255.255.255', '255.255.255.255'],
        ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
        ['::', '::'],
        ['', ''],
      ]) {
        expect(await must(weft, 'PATCH', one, { [member]: sent })).toMatchObject({ [member]: answered });
      }
    }
  });

  it('that is invalid is refused with its member', async () => {
    const weft = await aFleet();
    const before = await written(weft);
    const macs = [
      '01:23:45:67:89',
      '01:23:45:67:89:ac:ad',
      '01:23:45:67:89:ag',
      '0123456789ac',
      '01:23-45:67-89:ac',
      7,
    ];
    const addresses = ['10.0.0', '10.0.0.256', '10.0.0.1/24', '10.0.0.01', ' 10.0.0.1', ':::', 'fe80::1%eth0', 'x', 7];
    const wrong = [
      ...macs.map((value) => ['mac', value] as const),
      ...['ip', 'netmask', 'gateway'].flatMap((member) => addresses.map((value) => [member, value] as const)),
    ];
    for (const [member, value] of wrong) {
      const answer = await weft.request('PATCH', one, { [member]: value });
      expect([member, value, answer.status, placeOf(answer.body)]).toEqual([member, value, 400, `/${member}`]);
    }
    expect(await written(weft)).toEqual(before);
  });
});
