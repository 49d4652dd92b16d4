import { describe, expect, test } from 'vitest';
import { encodeMessage, type Message, type Request } from './codec.ts';
import { RTM_NEWADDR, RTM_NEWROUTE } from './constants.ts';
import { decodeIpv4, encodeIpv4 } from './ipv4.ts';
import { addIpv4Address, announceIpv4Address, decodeIpv4Address, removeIpv4Address } from './ipv4-addresses.ts';
import { addDefaultRoute, decodeIpv4Route, removeDefaultRoute } from './ipv4-routes.ts';

function bytes(hex: string): Buffer {
  return Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
}

function message(type: number, hex: string): Message {
  return { type, flags: 0, sequence: 1, payload: bytes(hex) };
}

/** Type, flags and body of a request in hexadecimal, as the kernel receives it. */
function sent(request: Request): string {
  const encoded = encodeMessage(request, 0, 0);
  const header = `${encoded.readUInt16LE(4)} ${encoded.readUInt16LE(6).toString(16)}`;
  return `${header} ${encoded.toString('hex', 16)}`;
}

const plain = (hex: string) => hex.replaceAll(' ', '');

test('an address is four bytes in network order', () => {
  expect(encodeIpv4('10.250.0.1')).toEqual(Buffer.of(10, 250, 0, 1));
  expect(decodeIpv4(Buffer.of(255, 0, 2, 10))).toBe('255.0.2.10');
  expect(decodeIpv4(Buffer.alloc(16))).toBeNull();
  expect(decodeIpv4(undefined)).toBeNull();
});

describe('an address of a link', () => {
  const address = { address: '10.9.0.10', prefix: 16 };
  const body = plain('02100000 07000000 08000200 0a09000a 08000100 0a09000a');

  test('is added with the flags CREATE and REPLACE, and removed', () => {
    expect(sent(addIpv4Address(7, address))).toBe(`20 500 ${body}`);
    expect(sent(removeIpv4Address(7, address))).toBe(`21 0 ${body}`);
  });

  test('is announced by a neighbour entry to be used, which is removed again', () => {
    const entry = plain('02000000 07000000 00001100 08000100 0a09000a');
    expect(announceIpv4Address(7, '10.9.0.10').map(sent)).toEqual([`28 500 ${entry}`, `29 0 ${entry}`]);
  });

  test('is read, of a point-to-point link the near one', () => {
    const near = message(RTM_NEWADDR, '0220 8000 03000000 08000100 c0000202 08000200 c0000201');
    expect(decodeIpv4Address(near)).toEqual({ index: 3, address: '192.0.2.1', prefix: 32, scope: 0 });
    const loopback = message(RTM_NEWADDR, '0208 80fe 01000000 08000100 7f000001');
    expect(decodeIpv4Address(loopback)).toEqual({ index: 1, address: '127.0.0.1', prefix: 8, scope: 254 });
  });

  test('of another family, or cut short, is none', () => {
    expect(decodeIpv4Address(message(RTM_NEWADDR, '0a80 80fd 03000000'))).toBeNull();
    expect(decodeIpv4Address(message(RTM_NEWADDR, '0220'))).toBeNull();
    expect(decodeIpv4Address(message(RTM_NEWROUTE, '0220 8000 03000000 08000200 c0000201'))).toBeNull();
  });
});

describe('a route', () => {
  test('of the default is added only where there is none, and removed by its protocol', () => {
    const add = plain('02000000 fe570001 00000000 08000500 0a090001 08000400 07000000');
    expect(sent(addDefaultRoute('10.9.0.1', 7))).toBe(`24 600 ${add}`);
    const remove = plain('02000000 fe57ff00 00000000 08000500 0a090001');
    expect(sent(removeDefaultRoute('10.9.0.1'))).toBe(`25 0 ${remove}`);
    expect(sent(removeDefaultRoute('10.9.0.1', 7))).toBe(`25 0 ${remove}${plain('08000400 07000000')}`);
  });

  const header = '02180000 fe030001 00000000';
  const destination = '08000100 c0000200 08000600 07000000';
  const common = { destination: '192.0.2.0', prefix: 24, metric: 7, protocol: 3, table: 254 };

  test('with one next hop, and with several', () => {
    const single = message(RTM_NEWROUTE, `${header} ${destination} 08000500 0a090003 08000400 05000000`);
    expect(decodeIpv4Route(single)).toEqual([{ ...common, gateway: '10.9.0.3', index: 5 }]);
    const hops = '10000000 05000000 08000500 0a090003 10000000 06000000 08000500 0a090004';
    expect(decodeIpv4Route(message(RTM_NEWROUTE, `${header} ${destination} 24000900 ${hops}`))).toEqual([
      { ...common, gateway: '10.9.0.3', index: 5 },
      { ...common, gateway: '10.9.0.4', index: 6 },
    ]);
  });

  test('of the default, and one that leads nowhere', () => {
    const absent = { gateway: null, index: null, metric: 0, protocol: 3, table: 254 };
    expect(decodeIpv4Route(message(RTM_NEWROUTE, '02000000 fe030006 00000000'))).toEqual([
      { destination: '0.0.0.0', prefix: 0, ...absent },
    ]);
  });

  test('of another table or family, or of the cache, is none', () => {
    expect(decodeIpv4Route(message(RTM_NEWROUTE, '02180000 ff020001 00000000'))).toBeNull();
    expect(decodeIpv4Route(message(RTM_NEWROUTE, `${header} 08000f00 e8030000`))).toBeNull();
    expect(decodeIpv4Route(message(RTM_NEWROUTE, '0a180000 fe030001 00000000'))).toBeNull();
    expect(decodeIpv4Route(message(RTM_NEWROUTE, '02180000 fe030001 00020000'))).toBeNull();
  });
});
