import { expect, test } from 'vitest';
import { until } from '../../../test/support/until.ts';
import { Calls } from './calls.ts';
import { LibvirtError } from './errors.ts';
import { type Frame, FrameReader } from './frames.ts';
import { type RemoteError, remoteError } from './protocol/messages.ts';
import { procedures } from './protocol/remote.ts';
import { encode, type XdrType } from './xdr/types.ts';

const LONG_MS = 600_000;
const { connectSupportsFeature, connectGetLibVersion } = procedures;

/** Calls whose messages are kept, and are answered by the test. */
class Stage {
  readonly sent: Frame[] = [];
  readonly #reader = new FrameReader();
  stuck = 0;
  readonly calls: Calls;

  constructor(concurrency = 4) {
    this.calls = new Calls({
      concurrency,
      send: (bytes) => this.sent.push(...this.#reader.push(bytes)),
      stuck: () => {
        this.stuck += 1;
      },
    });
  }

  ask(feature: number, deadlineMs = LONG_MS): Promise<number> {
    return this.calls.call(connectSupportsFeature, { feature }, deadlineMs).then(({ supported }) => supported);
  }

  answer<Value>(serial: number, type: XdrType<Value>, value: Value, status = 0): void {
    const header = { program: 0x20008086, version: 1, procedure: connectSupportsFeature.number, type: 1 };
    this.calls.answered({ ...header, serial, status, payload: encode(type, value) });
  }

  supports(serial: number, supported: number): void {
    this.answer(serial, connectSupportsFeature.result, { supported });
  }
}

async function errorOf(call: Promise<unknown>): Promise<LibvirtError> {
  const error = await call.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof LibvirtError) return error;
  throw new Error('it was not rejected with a LibvirtError');
}

test('each answer belongs to the call with its serial', async () => {
  const stage = new Stage();
  const first = stage.ask(10);
  const second = stage.ask(14);
  expect(stage.sent.map(({ serial, procedure, payload }) => [serial, procedure, payload.toString('hex')])).toEqual([
    [1, 60, '0000000a'],
    [2, 60, '0000000e'],
  ]);
  stage.supports(2, 22);
  stage.supports(1, 11);
  expect(await Promise.all([first, second])).toEqual([11, 22]);
});

test('no more calls than permitted are without an answer, and the others follow in order', async () => {
  const stage = new Stage(2);
  const asked = [1, 2, 3, 4].map((feature) => stage.ask(feature));
  expect(stage.sent.map(({ serial }) => serial)).toEqual([1, 2]);
  stage.supports(2, 2);
  expect(stage.sent.map(({ serial }) => serial)).toEqual([1, 2, 3]);
  for (const serial of [1, 3, 4]) stage.supports(serial, serial);
  expect(await Promise.all(asked)).toEqual([1, 2, 3, 4]);
});

test('an answer after the deadline is dropped, and permits the next call', async () => {
  const stage = new Stage(1);
  const late = await errorOf(stage.ask(1, 1));
  expect(late).toMatchObject({ code: 'timeout', action: 'connectSupportsFeature', transient: true });
  expect(late.detail).toBe('no answer within 1 ms');
  const next = stage.ask(2);
  // libvirtd still works on the first.
  expect(stage.sent).toHaveLength(1);
  stage.supports(1, 99);
  expect(stage.sent).toHaveLength(2);
  stage.supports(1, 98);
  stage.supports(2, 2);
  expect(await next).toBe(2);
});

test('a call that waits too long is not sent at all', async () => {
  const stage = new Stage(1);
  const first = stage.ask(1);
  expect((await errorOf(stage.ask(2, 1))).message).toBe('connectSupportsFeature: it could not be sent within 1 ms');
  stage.supports(1, 1);
  expect(await first).toBe(1);
  expect(stage.sent).toHaveLength(1);
});

test('it says so when libvirtd works on nothing but calls past their deadlines', async () => {
  const stage = new Stage(2);
  await errorOf(stage.ask(1, 1));
  expect(stage.stuck).toBe(0);
  await errorOf(stage.ask(2, 1));
  await until('it is stuck', () => stage.stuck === 1);
});

test('an error has the words and numbers of libvirtd', async () => {
  const stage = new Stage();
  const asked = errorOf(stage.ask(1));
  const refused: RemoteError = {
    ...{ code: 42, domain: 10, message: "Domain not found: 'ä'", level: 2, dom: null },
    ...{ str1: 'Domain not found: %s', str2: null, str3: null, int1: -1, int2: -1, net: null },
  };
  stage.answer(1, remoteError, refused, 1);
  expect(await asked).toMatchObject({
    ...{ code: 'missing', domain: 10, number: 42, text: "Domain not found: 'ä'", transient: false },
    message: "connectSupportsFeature: Domain not found: 'ä' (libvirt: error 42 of domain 10)",
  });
});

test('an answer that is not understood fails its call alone', async () => {
  const stage = new Stage();
  const asked = [errorOf(stage.ask(1)), errorOf(stage.ask(2)), stage.ask(3)] as const;
  stage.answer(1, connectGetLibVersion.result, { libVer: 1n });
  stage.answer(2, connectSupportsFeature.result, { supported: 1 }, 1);
  stage.supports(3, 3);
  expect((await asked[0]).code).toBe('protocol');
  expect((await asked[1]).code).toBe('protocol');
  expect(await asked[2]).toBe(3);
});

test('arguments that the protocol cannot express are refused, and not sent', async () => {
  const stage = new Stage();
  expect((await errorOf(stage.ask(2 ** 40))).code).toBe('invalid');
  const unknown = errorOf(stage.calls.call(procedures.domainLookupByUuid, { uuid: 'web1' }, LONG_MS));
  expect((await unknown).message).toBe('domainLookupByUuid: "web1" is not a UUID');
  expect(stage.sent).toHaveLength(0);
});

test('the end of the connection rejects all calls, and says which were sent', async () => {
  const stage = new Stage(1);
  const rejected = [errorOf(stage.ask(1)), errorOf(stage.ask(2))];
  stage.calls.end('it is gone');
  rejected.push(errorOf(stage.ask(3)));
  const errors = await Promise.all(rejected);
  expect(errors.map(({ code }) => code)).toEqual(['away', 'away', 'away']);
  expect(errors.map(({ detail }) => detail)).toEqual([
    'it is gone; whether it was executed is unknown',
    'it is gone; it was not sent',
    'it is gone; it was not sent',
  ]);
  expect(stage.sent).toHaveLength(1);
});
