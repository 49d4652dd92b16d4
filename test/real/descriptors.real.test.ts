import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { namespaces } from '../support/host.ts';
import { Weft } from '../support/weft.ts';

const CONNECTIONS = 300;

describe('a process with 256 descriptors and 300 idle connections', () => {
  it('answers, works and repairs', async () => {
    const weft = await Weft.prepare();
    await weft.start({}, 'start.ts', undefined, 256);
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => idle(weft.port)));
    expect((await fetch(`${weft.url}/readyz`, { headers: { connection: 'close' } })).status).toBe(200);
    expect((await weft.request('PUT', '/host/host1/here')).status).toBe(200);
    expect(namespaces()).toEqual(['here']);
    const { status, body } = await weft.request('POST', '/hypervisors/host1/resync');
    expect([status, body]).toMatchObject([200, { status: 'succeeded' }]);
    expect(weft.output).not.toContain('EMFILE');
    expect(sockets.filter(({ closed }) => !closed).length).toBeLessThan(CONNECTIONS);
  });
});

/** A connection that says nothing; the API may close it. */
async function idle(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket.resume();
}
