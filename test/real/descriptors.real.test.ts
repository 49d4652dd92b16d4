import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { namespaces } from '../support/host.ts';
import { Weft } from '../support/weft.ts';

const CONNECTIONS = 300;

describe('a process with 256 descriptors and 300 idle connections', () => {
  it('answers, works and repairs', async () => {
    const weft = await Weft.prepare();
    await weft.start({}, 'start.ts', undefined, 256);
    const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => idle(weft.port)));
    expect(await ask(weft, 'GET', '/readyz')).toMatchObject([200, { status: 'ready' }]);
    expect(await ask(weft, 'PUT', '/host/host1/here')).toMatchObject([200, { contID: 'here' }]);
    expect(namespaces()).toEqual(['here']);
    expect(await ask(weft, 'POST', '/hypervisors/host1/resync')).toMatchObject([200, { status: 'succeeded' }]);
    expect(weft.output).not.toContain('EMFILE');
    expect(sockets.filter(({ closed }) => !closed).length).toBeLessThan(CONNECTIONS);
  });
});

/** A connection that sends nothing; the API may close it. */
async function idle(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  onTestFinished(() => {
    socket.destroy();
  });
  await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
  return socket.resume();
}

/** Over a new connection: a persistent one may be closed for another at any moment. */
async function ask({ port }: Weft, method: string, path: string): Promise<[status: number, body: unknown]> {
  const asked = request({ host: '127.0.0.1', port, method, path, agent: false }).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return [answer.statusCode ?? 0, JSON.parse(await text(answer))];
}
