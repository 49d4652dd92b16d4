import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { type ConnectionOptions, LibvirtConnection } from './connection.ts';
import { LibvirtError } from './errors.ts';
import { encodeFrame, type Frame, FrameReader } from './frames.ts';
import {
  KEEPALIVE_PING,
  KEEPALIVE_PONG,
  KEEPALIVE_PROGRAM,
  KEEPALIVE_VERSION,
  MESSAGE_TYPE,
} from './protocol/messages.ts';
import { procedures, REMOTE_PROGRAM } from './protocol/remote.ts';
import { encode } from './xdr/types.ts';

/* What a real libvirtd does not do when asked: to stay silent, to demand authentication, to send nonsense. */

const NAMES = new Map(Object.values(procedures).map(({ number, name }) => [number, name]));
const LONG_MS = 600_000;
const { authList, connectSupportsFeature } = procedures;

/** Bytes of an answer by the name of a procedure; one that is missing is not answered. */
type Answers = Readonly<Record<string, Buffer | undefined>>;

const OPENING: Answers = {
  authList: encode(authList.result, { types: [0] }),
  connectSupportsFeature: encode(connectSupportsFeature.result, { supported: 1 }),
  connectOpen: Buffer.alloc(0),
};

let opened = new AsyncDisposableStack();

afterEach(async () => {
  await opened.disposeAsync();
  opened = new AsyncDisposableStack();
});

interface StandIn {
  /** What it was sent. */
  readonly received: readonly Frame[];
  /** Its end of the first connection. */
  readonly socket: Promise<Socket>;
  open(options?: Partial<ConnectionOptions>): Promise<LibvirtConnection>;
}

/** A peer that gives these answers. */
async function listen(answers: Answers): Promise<StandIn> {
  const directory = mkdtempSync(join(tmpdir(), 'libvirt-'));
  opened.defer(() => rmSync(directory, { recursive: true }));
  const path = join(directory, 'sock');
  const received: Frame[] = [];
  const accepted = Promise.withResolvers<Socket>();
  const server = createServer((socket) => {
    const reader = new FrameReader();
    opened.defer(() => void socket.destroy());
    socket.on('data', (piece: Buffer) => {
      for (const frame of reader.push(piece)) {
        received.push(frame);
        answer(socket, frame, answers);
      }
    });
    accepted.resolve(socket);
  });
  opened.defer(() => void server.close());
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    received,
    socket: accepted.promise,
    async open(options) {
      const connection = await LibvirtConnection.open({ path, uri: 'test:///default', ...options });
      opened.defer(() => connection.close());
      return connection;
    },
  };
}

function answer(socket: Socket, { payload: _, ...header }: Frame, answers: Answers): void {
  const payload = header.program === REMOTE_PROGRAM ? answers[NAMES.get(header.procedure) ?? ''] : undefined;
  if (payload !== undefined) socket.write(encodeFrame({ ...header, type: MESSAGE_TYPE.reply }, payload));
}

function keepalive(procedure: number): Buffer {
  return encodeFrame({
    ...{ program: KEEPALIVE_PROGRAM, version: KEEPALIVE_VERSION, procedure },
    ...{ type: MESSAGE_TYPE.message, serial: 0, status: 0 },
  });
}

async function errorOf(call: Promise<unknown>): Promise<LibvirtError> {
  const reason = await call.catch((error: unknown) => error);
  if (reason instanceof LibvirtError) return reason;
  throw new Error('it was not rejected with a LibvirtError');
}

test('a call that is never answered is rejected at its deadline, and others are served', async () => {
  const standIn = await listen(OPENING);
  const connection = await standIn.open();
  const error = await errorOf(connection.call(procedures.connectGetLibVersion, undefined, 1));
  expect(error).toMatchObject({ code: 'timeout', action: 'connectGetLibVersion', number: null });
  expect(await connection.call(connectSupportsFeature, { feature: 3 }, LONG_MS)).toEqual({ supported: 1 });
});

test('the connection ends when all that it may send is without an answer past the deadlines', async () => {
  const standIn = await listen(OPENING);
  const connection = await standIn.open({ concurrency: 2 });
  const calls = [1, 2].map(() => errorOf(connection.call(procedures.connectGetLibVersion, undefined, 50)));
  const waiting = errorOf(connection.call(connectSupportsFeature, { feature: 3 }, LONG_MS));
  expect((await Promise.all(calls)).map(({ code }) => code)).toEqual(['timeout', 'timeout']);
  expect(await connection.ended).toBe('libvirtd works on nothing but calls that are past their deadlines');
  expect((await waiting).code).toBe('away');
});

test('the opening has a deadline, too', async () => {
  const { open } = await listen({ ...OPENING, connectOpen: undefined });
  expect(await errorOf(open({ deadlineMs: 50 }))).toMatchObject({ code: 'timeout', action: 'connectOpen' });
});

test('a libvirtd that demands an authentication is refused', async () => {
  const { open } = await listen({ ...OPENING, authList: encode(authList.result, { types: [1, 2] }) });
  expect((await errorOf(open())).code).toBe('denied');
});

test('keepalive messages are answered', async () => {
  const standIn = await listen(OPENING);
  await standIn.open();
  (await standIn.socket).write(keepalive(KEEPALIVE_PING));
  await until('it has answered', () =>
    standIn.received.some((each) => each.program === KEEPALIVE_PROGRAM && each.procedure === KEEPALIVE_PONG),
  );
});

test('the connection ends when libvirtd stays silent', async () => {
  const standIn = await listen(OPENING);
  const connection = await standIn.open({ keepaliveMs: 20, keepaliveCount: 3 });
  expect(await connection.ended).toBe('libvirtd has not answered 3 keepalive messages, one every 20 ms');
  const pings = standIn.received.filter(({ program }) => program === KEEPALIVE_PROGRAM);
  expect(pings.map(({ procedure }) => procedure)).toEqual([KEEPALIVE_PING, KEEPALIVE_PING, KEEPALIVE_PING]);
});

test('the connection ends when what arrives is no message', async () => {
  const standIn = await listen(OPENING);
  const connection = await standIn.open();
  (await standIn.socket).write('HTTP/1.1 400 Bad Request\r\n');
  expect(await connection.ended).toMatch(/^what libvirtd sent is not understood: .*1213486160 bytes/);
});

test('the end of libvirtd rejects calls; closing is no failure', async () => {
  const standIn = await listen(OPENING);
  const connection = await standIn.open();
  const pending = errorOf(connection.call(procedures.connectGetLibVersion, undefined, LONG_MS));
  (await standIn.socket).end();
  expect((await pending).message).toBe(
    'connectGetLibVersion: libvirtd closed the connection; whether it was executed is unknown',
  );
  expect(await connection.ended).toBe('libvirtd closed the connection');
  const closed = await standIn.open();
  await closed.close();
  expect(await closed.ended).toBeNull();
});

test('a socket that is not there', async () => {
  const error = await errorOf(LibvirtConnection.open({ path: '/nonexistent/sock', uri: 'test:///default' }));
  expect(error).toMatchObject({ code: 'away', transient: true });
  expect(error.message).toMatch(/^open a connection to libvirt: \/nonexistent\/sock: .*ENOENT/);
});
