import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { until } from '../../support/until.ts';
import { Controller } from './controller.ts';
import { FRAME_BYTES } from './era.ts';
import {
  type StandIn,
  type StandInOptions,
  startMirror,
  startNfv,
  startPcap,
  startPrimary,
  startVf,
} from './process.ts';

/* The stand-ins on real sockets: they connect and disconnect as the real processes do, and their faults are real. */

const HANDSHAKE = '_get_client_id';
const RECONNECT_MS = 20;

let controller: Controller;
let running: StandIn[];

beforeEach(async () => {
  controller = await new Controller().listen();
  running = [];
});

afterEach(async () => {
  await Promise.all(running.map((standIn) => standIn.close()));
  await controller.close();
});

type Start = (options: StandInOptions) => StandIn;

function start(from: Start, options: Partial<StandInOptions> = {}): StandIn {
  const { port } = controller;
  const standIn = from({ era: '2020', clientId: 2, cores: [2, 3], port, reconnectMs: RECONNECT_MS, ...options });
  running.push(standIn);
  return standIn;
}

describe('a stand-in is a client of its controller', () => {
  it.each([
    ['vf', startVf, '2020', '"process_type": "vf"'],
    ['mirror', startMirror, '2020', '"process_type": "mirror"'],
    ['pcap', startPcap, '2020', '"process_type": "pcap"'],
    ['nfv', startNfv, '2020', '"process_type":"nfv"'],
    ['old vf', startVf, 'seed-18.05', '"client_id": 2'],
    ['old nfv', startNfv, '2018-10', '2'],
  ] as const)('%s says who it is', async (_, from, era, identity) => {
    const standIn = start(from, { era });
    expect(await (await controller.visitor()).ask(HANDSHAKE)).toContain(identity);
    await standIn.identified();
    expect(standIn.commands).toEqual([HANDSHAKE]);
  });

  it('a primary is known by its port alone, and its replies are frames', async () => {
    await start(startPrimary, { era: 'seed-18.05' }).identified();
    const visitor = await controller.visitor();
    expect(await visitor.ask('status', FRAME_BYTES['seed-18.05'])).toBe('Server Idling\n');
    expect(visitor.received).toHaveLength(FRAME_BYTES['seed-18.05']);
  });

  it('it comes back to a controller that was away, and has kept its state', async () => {
    const standIn = start(startVf);
    await (await controller.visitor()).ask('component start one 2 forward');
    await controller.close();
    await controller.listen();
    expect(await (await controller.visitor(1)).ask('status')).toContain('"name": "one"');
    expect(standIn.connections).toBe(2);
  });

  it('a restarted one has a new state', async () => {
    const standIn = start(startVf);
    await (await controller.visitor()).ask('component start one 2 forward');
    await standIn.restart();
    expect(await (await controller.visitor(1)).ask('status')).not.toContain('"name": "one"');
  });

  it('an old one exits without an answer, a new one with one', async () => {
    const [old, recent] = [start(startVf, { era: 'seed-18.05' }), start(startVf)];
    await until('both are there', () => controller.visitors.length === 2);
    for (const visitor of controller.visitors) visitor.send('exit');
    await until('both are gone', () => controller.visitors.every(({ gone }) => gone));
    expect([old.condition, recent.condition]).toEqual(['exited', 'exited']);
    expect(controller.visitors.map(({ text }) => text).sort()).toEqual(['', expect.stringContaining('success')]);
  });

  it('an old nfv crashes at the commands that crash the real one', async () => {
    const standIn = start(startNfv, { era: 'seed-18.05' });
    const visitor = await controller.visitor();
    visitor.send('add phy 0');
    await until('it is gone', () => visitor.gone);
    expect(standIn.condition).toBe('crashed');
    expect(visitor.received).toHaveLength(0);
  });

  it('an old vf that hangs keeps its connection and sends nothing', async () => {
    const standIn = start(startVf, { era: 'seed-18.05' });
    const visitor = await controller.visitor();
    visitor.send('component start x');
    await until('it hangs', () => standIn.condition === 'hung');
    visitor.send('status');
    await standIn.close();
    await until('it is gone', () => visitor.gone);
    expect(visitor.received).toHaveLength(0);
  });

  it('a command that exceeds one receive is treated as two commands', async () => {
    const standIn = start(startNfv, { era: 'seed-18.05' });
    const visitor = await controller.visitor();
    await visitor.ask('x'.repeat(1_003), 2 * FRAME_BYTES['seed-18.05']);
    expect(standIn.commands.map(({ length }) => length)).toEqual([1_000, 3]);
  });

  it('data that arrives before it reads is treated as one command', async () => {
    const standIn = start(startVf, { era: 'seed-18.05', latencyMs: 200 });
    const visitor = await controller.visitor();
    visitor.send('sta');
    visitor.send('tus');
    expect(await visitor.ask('status')).toContain('bad value(command)');
    expect(standIn.commands).toEqual(['statusstatus']);
  });
});

describe('a stand-in has the configured faults', () => {
  it('a reply in pieces', async () => {
    start(startVf).faults.next({ kind: 'split', sizes: [1, 20] });
    const visitor = await controller.visitor();
    await visitor.ask('nonsense', 99);
    expect(visitor.pieces.map(({ length }) => length)).toEqual([1, 20, 78]);
    await visitor.ask('nonsense', 99);
    expect(visitor.pieces).toHaveLength(1);
  });

  it('a slow reply', async () => {
    start(startVf).faults.next({ kind: 'slow', milliseconds: 100 });
    const visitor = await controller.visitor();
    const before = performance.now();
    await visitor.ask('status');
    // A timer may be a little early by this clock.
    expect(performance.now() - before).toBeGreaterThan(95);
  });

  it('no reply, although the command is executed, until the fault is cleared', async () => {
    const standIn = start(startVf);
    standIn.faults.always({ kind: 'silent' });
    const visitor = await controller.visitor();
    visitor.send('component start one 2 forward');
    await until('it has the command', () => standIn.commands.length === 1);
    standIn.faults.clear();
    visitor.send('status');
    await until('it answers', () => visitor.received.length > 0);
    expect(JSON.parse(visitor.text)).toMatchObject({ info: { core: [{ name: 'one' }, { type: 'unuse' }] } });
  });

  it('a crash in the middle of a reply, until it is restarted', async () => {
    const standIn = start(startVf);
    standIn.faults.next({ kind: 'dieMidReply', bytes: 10 });
    const visitor = await controller.visitor();
    visitor.send('status');
    await until('it is gone', () => visitor.gone);
    expect(visitor.received).toHaveLength(10);
    expect([standIn.condition, standIn.connections]).toEqual(['crashed', 1]);
    await standIn.restart();
    expect(await (await controller.visitor(1)).ask('status')).toContain('"client-id": 2');
  });

  it('a connection that breaks in the middle of a reply, and a reconnect', async () => {
    const standIn = start(startNfv);
    standIn.faults.next({ kind: 'disconnectMidReply', bytes: 10 });
    (await controller.visitor()).send('forward');
    expect(await (await controller.visitor(1)).ask('status', FRAME_BYTES['2020'])).toContain('"running"');
    expect(controller.visitors[0]?.received).toHaveLength(10);
    expect(standIn.condition).toBe('running');
  });

  it('other JSON, in the frame of a real reply', async () => {
    start(startNfv, { era: '2018-10' }).faults.next({ kind: 'wrongJson' });
    const visitor = await controller.visitor();
    await visitor.ask('status', FRAME_BYTES['2018-10']);
    expect(JSON.parse(visitor.text)).toEqual({ unexpected: [{ answer: 42 }] });
    expect(visitor.received).toHaveLength(FRAME_BYTES['2018-10']);
  });

  it('an oversized reply', async () => {
    start(startVf).faults.next({ kind: 'huge', bytes: 120_000 });
    const visitor = await controller.visitor();
    expect(JSON.parse(await visitor.ask('status', 120_000))).toHaveProperty('info');
    expect(visitor.received).toHaveLength(120_000);
  });

  it.each(['-5', '1.5', 'NaN', '0'])('the id %s at the handshake', async (id) => {
    const [vf, nfv] = [start(startVf), start(startNfv, { era: 'seed-18.05' })];
    vf.faults.handshake({ kind: 'id', id });
    nfv.faults.handshake({ kind: 'id', id });
    await until('both are there', () => controller.visitors.length === 2);
    const texts = await Promise.all(controller.visitors.map((visitor) => visitor.ask(HANDSHAKE)));
    expect(texts.sort()).toEqual([id, expect.stringContaining(`"client_id": ${id},`)].sort());
  });

  it('garbage or silence at the handshake, and nowhere else', async () => {
    const standIn = start(startVf);
    standIn.faults.handshake({ kind: 'rubbish' });
    const visitor = await controller.visitor();
    expect((await visitor.ask(HANDSHAKE)).charCodeAt(0)).toBe(0xff);
    standIn.faults.handshake({ kind: 'silent' });
    visitor.send(HANDSHAKE);
    await until('it has both handshakes', () => standIn.commands.length === 2);
    expect(await visitor.ask('status')).toContain('"client-id": 2');
  });

  it('a connection that stays open without a reader, until it resumes', async () => {
    const standIn = start(startVf);
    standIn.faults.next({ kind: 'halfOpen' });
    const visitor = await controller.visitor();
    visitor.send('status');
    await until('it is frozen', () => standIn.condition === 'frozen');
    visitor.send('nonsense');
    expect([visitor.gone, standIn.commands]).toEqual([false, ['status']]);
    standIn.thaw();
    await until('it answers', () => visitor.text.includes('Invalid value (command)'));
  });

  it('a lost connection that a frozen process notices when it resumes', async () => {
    const standIn = start(startVf);
    const visitor = await controller.visitor();
    await visitor.ask('status');
    standIn.freeze();
    visitor.drop();
    await until('it is dropped', () => visitor.gone);
    standIn.thaw();
    await (await controller.visitor(1)).ask('status');
    expect(standIn.connections).toBe(2);
  });
});
