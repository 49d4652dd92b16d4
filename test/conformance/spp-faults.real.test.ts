import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LocalWeft } from '../support/local-weft.ts';
import { anNfv, aPanel, aPrimary, ask, aVf, connected, SECONDARY_PORT } from '../support/panel.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

/* The nineteen faults of spp-ctl that were observed with real processes, each with what weft does instead. */

const nothing = { status: 204, type: null, text: '' };

/** A connection to the secondaries' port that is not an SPP process. */
function stranger(): Socket {
  const socket = connect({ host: '127.0.0.1', port: SECONDARY_PORT });
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return socket;
}

const port = { action: 'attach', port: 'ring:1', dir: 'rx' };

describe('where spp-ctl, at a request that is wrong,', () => {
  const panel = shared(() => aPanel('2020'));

  it('1 answers a wrong value with 500, weft answers 400 and names it', async () => {
    const { weft } = panel();
    for (const [path, body, text] of [
      ['components/a/ports', { ...port, port: 'eth:0' }, 'invalid key(port): eth:0.'],
      ['components/a/ports', { ...port, dir: 'up' }, 'invalid key(dir): up.'],
      ['components/a/ports', { ...port, action: 'move' }, 'invalid key(action): move.'],
      [
        'classifier_table',
        { action: 'add', type: 'mac', mac_address: 'zz', port: 'ring:1' },
        'invalid key(mac_address): zz.',
      ],
    ] as const) {
      expect(await ask(weft, 'PUT', `/v1/vfs/1/${path}`, body)).toMatchObject({ status: 400, text });
    }
  });

  it('2 fails at a body that is not JSON, weft answers 400', async () => {
    const { weft } = panel();
    for (const body of ['', 'null', '"x"', '[]', '{', '{"action":', '\u0000']) {
      expect({ body, status: (await ask(weft, 'PUT', '/v1/nfvs/2/forward', body)).status }).toEqual({
        body,
        status: 400,
      });
    }
    const bytes = await fetch(`${weft.url}/v1/nfvs/2/forward`, {
      method: 'PUT',
      body: new Uint8Array([0xff, 0xfe, 0x7b]),
    });
    expect(bytes.status).toBe(400);
  });

  it('12 passes blanks and line ends into commands, weft sends only validated words', async () => {
    const { weft, vf, nfv } = panel();
    const before = [vf.commands.length, nfv.commands.length];
    const start = { name: 'a', core: 2, type: 'forward' };
    for (const [method, path, body] of [
      ['POST', '/v1/vfs/1/components', { ...start, name: 'x\nstatus' }],
      ['POST', '/v1/vfs/1/components', { ...start, name: '' }],
      ['POST', '/v1/vfs/1/components', { ...start, core: true }],
      ['DELETE', '/v1/vfs/1/components/a%20b', undefined],
      ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0\n' }],
      ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring: 6 ' }],
      ['PUT', '/v1/vfs/1/classifier_table', { action: 'add', type: 'mac', mac_address: 1, port: 'ring:0' }],
    ] as const) {
      expect({ body, status: (await ask(weft, method, path, body)).status }).toEqual({ body, status: 400 });
    }
    const sent = [...vf.commands.slice(before[0]), ...nfv.commands.slice(before[1])].filter(
      (each) => each !== 'status' && each !== '_get_client_id',
    );
    expect(sent).toEqual([]);
  });

  it('13 fails at numbers that are strings or not whole, weft answers 400', async () => {
    const { weft } = panel();
    const add = { operation: 'add', id: '5', pcp: '0' };
    expect((await ask(weft, 'PUT', '/v1/vfs/1/components/a/ports', { ...port, vlan: add })).status).toBe(400);
    for (const core of ['1e2', '1.0', '-1', '"2"']) {
      const body = `{"name":"a","core":${core},"type":"forward"}`;
      expect({ core, status: (await ask(weft, 'POST', '/v1/vfs/1/components', body)).status }).toEqual({
        core,
        status: 400,
      });
    }
  });

  it('15 treats every action but start as stop, weft rejects unknown ones', async () => {
    const { weft, nfv } = panel();
    for (const body of [{ action: 'pause' }, { action: '' }, { action: 1 }, {}]) {
      expect((await ask(weft, 'PUT', '/v1/nfvs/2/forward', body)).status).toBe(400);
    }
    expect(nfv.commands).not.toContain('stop');
  });

  it('16 reads a body of any length, weft reads up to 1 MiB', async () => {
    const { weft } = panel();
    expect((await ask(weft, 'PUT', '/v1/nfvs/2/forward', 'x'.repeat(3_000_000))).status).toBe(413);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/forward', `{"action":"start"${' '.repeat(900_000)}}`)).toEqual(nothing);
  });

  it('17 fails at a pipe without ends, weft names the missing ones', async () => {
    const { weft } = panel();
    const answer = await ask(weft, 'PUT', '/v1/primary/ports', { action: 'add', port: 'pipe:0' });
    expect(answer).toMatchObject({ status: 400, text: 'key(rx) required.' });
  });
});

describe('where spp-ctl', () => {
  it('3 fails permanently at an answer of 4 KB, weft reads it, and stays in sync', async () => {
    const weft = await LocalWeft.start();
    const vf = aVf('seed-18.05', 1, { rings: 32 });
    await connected(weft, 1);
    const components = '/v1/vfs/1/components';
    for (let core = 2; core <= 8; core += 1) {
      expect(await ask(weft, 'POST', components, { name: `m${core}`, core, type: 'merge' })).toEqual(nothing);
      for (let number = 8 * (core % 4); number < 8 * (core % 4) + 8; number += 1) {
        const body = { ...port, port: `${core < 6 ? 'ring' : 'vhost'}:${number}` };
        const attached = await ask(weft, 'PUT', `${components}/m${core}/ports`, body);
        expect({ body, ...attached }).toEqual({ body, ...nothing });
      }
    }
    const { text } = await ask(weft, 'GET', '/v1/vfs/1');
    expect(text.length).toBeGreaterThan(4_096);
    expect(text.match(/:\d+","vlan"/g)).toHaveLength(56);
    expect(await ask(weft, 'DELETE', `${components}/m2`)).toEqual(nothing);
    expect((await ask(weft, 'GET', '/v1/vfs/1')).text).not.toContain('"m2"');
    expect(vf.connections).toBe(1);
  });

  it('4 treats the second piece of an answer as the next answer, weft reassembles the pieces', async () => {
    const { weft, vf, nfv } = await aPanel('2020');
    vf.faults.always({ kind: 'split', sizes: [1, 7, 30] });
    nfv.faults.always({ kind: 'split', sizes: [5, 1_000, 10_000] });
    expect(await ask(weft, 'POST', '/v1/vfs/1/components', { name: 'a', core: 2, type: 'forward' })).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/vfs/1/components/a/ports', port)).toEqual(nothing);
    expect(await ask(weft, 'PUT', '/v1/vfs/1/components/nosuch/ports', port)).toMatchObject({ status: 400 });
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/forward', { action: 'start' })).toEqual(nothing);
    expect(JSON.parse((await ask(weft, 'GET', '/v1/vfs/1')).text).components[0]).toMatchObject({ name: 'a' });
    expect((await ask(weft, 'GET', '/v1/nfvs/2')).text).toContain('"Running"');
  });

  it('5 waits for ever for a silent process, weft answers 500, and others are not affected', async () => {
    const { weft, vf } = await aPanel('2020');
    vf.freeze();
    const silent = ask(weft, 'POST', '/v1/vfs/1/components', { name: 'a', core: 2, type: 'forward' });
    expect((await ask(weft, 'GET', '/v1/processes')).status).toBe(200);
    expect(await ask(weft, 'PUT', '/v1/nfvs/2/forward', { action: 'start' })).toEqual(nothing);
    expect(await silent).toMatchObject({ status: 500, type: 'text/plain; charset=utf-8' });
    await connected(weft, 2);
  });

  it('6 registers no process while a connection is silent, weft identifies all of them concurrently', async () => {
    const weft = await LocalWeft.start();
    const strangers = Array.from({ length: 100 }, stranger);
    await until('they are connected', () => strangers.every(({ readyState }) => readyState === 'open'));
    aVf('2020');
    await connected(weft, 1);
  });

  it('7 never registers a process again after garbage in the handshake, weft closes that connection', async () => {
    const weft = await LocalWeft.start();
    for (let turn = 0; turn < 5; turn += 1) {
      const socket = stranger();
      socket.once('data', () => socket.write(Buffer.from([0xff, 0xfe, 0x80, 0x00, 0x01])));
      const reset = stranger();
      reset.once('connect', () => reset.resetAndDestroy());
    }
    anNfv('seed-18.05');
    await connected(weft, 1);
  });

  it('8 lists dead processes, weft does not', async () => {
    const { weft, vf, primary } = await aPanel('2020');
    vf.crash();
    primary.crash();
    await connected(weft, 1);
    expect((await ask(weft, 'GET', '/v1/vfs/1')).text).toBe('sec_id 1 not found.');
    expect((await ask(weft, 'GET', '/v1/primary/status')).text).toBe('primary not found.');
  });

  it('9 lets two processes with one id replace each other, weft keeps the connected one', async () => {
    const { weft, vf } = await aPanel('2020');
    const second = aVf('2020', 1, { reconnectMs: 5 });
    await until('the second has tried', () => second.connections > 0);
    for (let turn = 0; turn < 20; turn += 1) {
      expect((await ask(weft, 'GET', '/v1/vfs/1')).status).toBe(200);
    }
    expect(vf.connections).toBe(1);
    expect(second.connections).toBeLessThan(5);
  });

  it('10 treats id 0 as the primary, weft refuses it', async () => {
    const weft = await LocalWeft.start();
    const primary = aPrimary('2020');
    await connected(weft, 1);
    const zero = anNfv('2020', 7);
    zero.faults.handshake({ kind: 'id', id: '0' });
    zero.disconnect();
    await until('it has tried', () => zero.connections > 1);
    const { text } = await ask(weft, 'GET', '/v1/processes');
    expect(text.replace(',{"type":"nfv","client-id":7}', '')).toBe('[{"type":"primary"}]');
    expect(primary.connections).toBe(1);
  });

  it('11 registers -5, 1.5 and NaN, weft refuses ids that are not whole numbers from 1', async () => {
    const weft = await LocalWeft.start();
    const processes = ['-5', '1.5', '"x"', 'NaN'].map((id, index) => {
      const each = aVf('2020', 20 + index);
      each.faults.handshake({ kind: 'id', id });
      return each;
    });
    await until('they have tried', () => processes.every(({ connections }) => connections > 0));
    anNfv('2020', 2);
    await until('the list is of the one that may', async () => {
      const { text } = await ask(weft, 'GET', '/v1/processes');
      return text === '[{"type":"nfv","client-id":2}]';
    });
  });

  it.each(['seed-18.05', '2018-10', '2020'] as const)(
    '14 answers 204 for a command that an nfv of %s did not execute, weft answers 400',
    async (era) => {
      const { weft } = await aPanel(era);
      const answer = await ask(weft, 'PUT', '/v1/nfvs/2/patches', { src: 'ring:7', dst: 'ring:8' });
      expect(answer).toMatchObject({ status: 400, text: expect.stringMatching(/^command error: ./) });
      expect(await weft.sql('SELECT * FROM spp_items')).toEqual([]);
    },
  );

  it('18 logs each command and each answer, weft logs events', async () => {
    const { weft } = await aPanel('2020');
    for (let turn = 0; turn < 5; turn += 1) await ask(weft, 'GET', '/v1/vfs/1');
    await ask(weft, 'PUT', '/v1/nfvs/2/forward', { action: 'start' });
    const told = () => weft.output.split('\n').filter((line) => line.includes('spp.forward.start'));
    // The answer may arrive before the process has logged the command.
    await until('it is logged', () => told().length > 0);
    expect(told()).toHaveLength(1);
    expect(weft.output).not.toContain('"results"');
  });

  it('19 calls the id of an nfv client_id, weft calls it client-id as that of a vf', async () => {
    const { weft } = await aPanel('seed-18.05');
    expect(JSON.parse((await ask(weft, 'GET', '/v1/nfvs/2')).text)).toMatchObject({ 'client-id': 2 });
    expect(JSON.parse((await ask(weft, 'GET', '/v1/vfs/1')).text)).toMatchObject({ 'client-id': 1 });
  });
});

describe('a thousand connections that send nothing, garbage, or a hundred megabytes', () => {
  it('affect no process: a vf continues to work', async () => {
    const { weft } = await aPanel('2020');
    const silent = Array.from({ length: 1_000 }, stranger);
    await until(
      'most of them were let in',
      () => silent.filter(({ readyState }) => readyState === 'open').length > 900,
    );
    const loud = stranger();
    const megabyte = Buffer.alloc(1 << 20, 'x');
    let written = 0;
    const pour = () => {
      while (written < 100 && !loud.destroyed) {
        written += 1;
        if (!loud.write(megabyte)) break;
      }
    };
    loud.on('drain', pour);
    loud.once('connect', pour);
    for (let core = 2; core < 8; core += 1) {
      const body = { name: `c${core}`, core, type: 'forward' };
      expect(await ask(weft, 'POST', '/v1/vfs/1/components', body)).toEqual(nothing);
    }
    await until('the loud one was ended', () => loud.destroyed);
    expect((await ask(weft, 'GET', '/v1/processes')).status).toBe(200);
  });
});
