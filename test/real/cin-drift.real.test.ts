import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { waiting } from '../conformance/example.ts';
import { addressPicture, clearIsolation, isolationOf } from '../support/addressing.ts';
import { addAddress, ip, picture } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { inWords, passing, type Way } from '../support/reachability.ts';
import { until } from '../support/until.ts';

afterEach(clearIsolation);

const ways: readonly Way[] = [
  ['a', '10.10.0.11'],
  ['b', '10.10.0.1'],
];

/** The CIN net, made: containers a (10.10.0.10) and b (10.10.0.11) on the bridge lan. */
async function made(): Promise<LocalWeft> {
  const weft = await LocalWeft.start({ times: { scan: 100 } });
  await weft.request('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b'] }] });
  await weft.request('POST', '/cin/import', { net: ['lan'] });
  await weft.request('POST', '/cin/make', ['net'], waiting);
  await weft.request('POST', '/cen/make', ['lan'], waiting);
  return weft;
}

/** All links, addresses and default routes. */
async function seen(): Promise<string[]> {
  return [...picture(), ...(await addressPicture())].sort();
}

/** Runs commands of `ip`, and waits until weft has made of it what is wanted, and all reach each other. */
async function repaired(weft: LocalWeft, commands: readonly string[], wanted: readonly string[]): Promise<void> {
  // Repairs of one network are some time apart.
  await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
  for (const command of commands) ip(...command.split(' '));
  const isWanted = async () => (await seen()).join() === wanted.join();
  await until(`“${commands.join('; ')}” is repaired`, isWanted, 20_000);
  expect(await passing(ways)).toEqual(ways.map(inWords));
}

it('what somebody removes by hand is made again, and what weft did not make stays', async () => {
  const weft = await made();
  addAddress('a', 'lan', '192.0.2.1/24');
  const before = await seen();
  for (const command of [
    '-n a address delete 10.10.0.10/16 dev lan',
    '-n b address flush dev lan',
    'address delete 10.10.0.1/16 dev lan',
    '-n b route delete default',
    '-n b link delete lan',
  ]) {
    await repaired(weft, [command], before);
  }
  await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
  execFileSync('nft', ['flush', 'ruleset']);
  await until('the rule is back', async () => (await isolationOf(weft)).includes('lan'));
});

it('what somebody changes by hand is as it was', async () => {
  const weft = await made();
  const before = await seen();
  for (const command of [
    'link set lan address 02:00:00:00:00:01',
    // A route is weft’s by its protocol.
    '-n b route replace default via 10.10.0.10 proto 87',
  ]) {
    await repaired(weft, [command], before);
  }
});

it('an address with another prefix, or another one in place of weft’s, is somebody’s own: weft’s is back beside it', async () => {
  const weft = await made();
  const before = await seen();
  for (const [place, own, other] of [
    ['b', '10.10.0.11/16', '10.10.0.11/24'],
    ['b', '10.10.0.11/16', '10.10.9.9/16'],
    ['', '10.10.0.1/16', '10.10.0.1/24'],
    ['', '10.10.0.1/16', '10.10.9.1/16'],
  ] as const) {
    expect(before).toContain(`${place}/lan ${own}`);
    const where = place === '' ? '' : `-n ${place} `;
    const replace = [`${where}address delete ${own} dev lan`, `${where}address add ${other} dev lan`];
    await repaired(weft, replace, [...before, `${place}/lan ${other}`].sort());
    // The kernel removes addresses of the same network with the oldest one.
    await repaired(weft, [`${where}address delete ${other} dev lan`], before);
  }
});

it('a default route that somebody put in place of weft’s stays, and when it goes, weft’s is back', async () => {
  const weft = await made();
  const before = await seen();
  const routed = before.map((line) => (line === 'b via 10.10.0.1' ? 'b via 10.10.0.10' : line));
  expect(routed).not.toEqual(before);
  // weft finds and repairs something, but not the route.
  const change = ['-n b route replace default via 10.10.0.10', '-n a address delete 10.10.0.10/16 dev lan'];
  await repaired(weft, change, routed);
  await repaired(weft, ['-n b route delete default'], before);
});
