import { expect, test } from 'vitest';
import { decodeEvent } from './events.ts';
import { events } from './protocol/remote.ts';
import { XdrError } from './xdr/reader.ts';
import { encode } from './xdr/types.ts';

const UUID = '6c1f6f0a-9d0e-4f5b-8f5e-3f2b7f0c9a11';
const dom = { name: 'web1', uuid: UUID, id: 3 };
const { domainEventCallbackIoErrorReason: ioError, domainEventCallbackLifecycle: lifecycle } = events;

test('an I/O error, with its reason', () => {
  const msg = { dom, srcPath: '/disks/web1.qcow2', devAlias: 'scsi0-0-0-0', action: 1, reason: 'enospc' };
  const payload = encode(ioError.message, { callbackID: 2, msg });
  expect(decodeEvent({ number: ioError.number, payload })).toEqual({
    ...{ kind: 'io-error', uuid: UUID, name: 'web1', device: 'scsi0-0-0-0', path: '/disks/web1.qcow2' },
    ...{ action: 'pause', reason: 'enospc' },
  });
});

test('what is not known is no event', () => {
  expect(decodeEvent({ number: 9999, payload: Buffer.alloc(0) })).toBeNull();
  const payload = encode(lifecycle.message, { callbackID: 0, msg: { dom, event: 99, detail: 0 } });
  expect(decodeEvent({ number: lifecycle.number, payload })).toBeNull();
  const network = { callbackID: 0, net: { name: 'net1', uuid: UUID }, event: 99, detail: 0 };
  const { number, message } = events.networkEventLifecycle;
  expect(decodeEvent({ number, payload: encode(message, network) })).toBeNull();
});

test('what is not understood is an error', () => {
  expect(() => decodeEvent({ number: lifecycle.number, payload: Buffer.alloc(3) })).toThrow(XdrError);
});
