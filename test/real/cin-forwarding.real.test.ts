import { readFileSync, writeFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { example, exampleCens, waiting } from '../conformance/example.ts';
import { clearIsolation } from '../support/addressing.ts';
import { echoes, startEchoServers } from '../support/echo.ts';
import { ip } from '../support/host.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { passing, reaches, type Way } from '../support/reachability.ts';
import { until } from '../support/until.ts';

const FORWARDING = '/proc/sys/net/ipv4/ip_forward';
const OUTSIDE = '198.51.100.2';

/** c1 and c2 are in cin1, c4 in cin2. */
const C1 = '10.10.0.10';
const C4 = '10.11.0.10';

afterEach(() => {
  clearIsolation();
  writeFileSync(FORWARDING, '0');
});

/** A namespace behind an uplink of the host, with a route back to CINs if there is one. */
function makeOutside(): void {
  ip('netns', 'add', 'outside');
  ip('link', 'add', 'uplink', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', 'outside');
  ip('address', 'add', '198.51.100.1/24', 'dev', 'uplink');
  ip('link', 'set', 'uplink', 'up');
  ip('-n', 'outside', 'address', 'add', `${OUTSIDE}/24`, 'dev', 'eth0');
  for (const link of ['lo', 'eth0']) ip('-n', 'outside', 'link', 'set', link, 'up');
}

const routeBack = (verb: 'add' | 'delete') => ip('-n', 'outside', 'route', verb, '10.0.0.0/8', 'via', '198.51.100.1');

/** The example with its two CINs, made. */
async function made(): Promise<LocalWeft> {
  const weft = await LocalWeft.start({ times: { scan: 100 } });
  await weft.request('POST', '/cen/import', example);
  await weft.request('POST', '/cen/make', exampleCens, waiting);
  await weft.request('POST', '/cin/import', { cin1: ['cen1'], cin2: ['cen2'] });
  expect((await weft.request('POST', '/cin/make', ['cin1', 'cin2'], waiting)).status).toBe(200);
  return weft;
}

async function configure(weft: LocalWeft, mode: string): Promise<void> {
  expect((await weft.request('PATCH', '/hypervisors/host1/config', { cin_forwarding: mode })).status).toBe(200);
}

/** Whether each of these passes. */
async function all(...ways: readonly Way[]): Promise<boolean> {
  return (await passing(ways)).length === ways.length;
}

const WAYS: readonly Way[] = [
  ['c1', C4],
  ['c1', OUTSIDE],
  ['c4', OUTSIDE],
  ['outside', C1],
  ['c1', '10.11.0.1'],
  ['c1', '198.51.100.1'],
  ['c1', '10.10.0.1'],
  ['c1', '10.10.0.11'],
];

const always = ['c1 to 10.10.0.1', 'c1 to 10.10.0.11'];
const routed = [`c1 to ${C4}`, `c1 to ${OUTSIDE}`, `c4 to ${OUTSIDE}`, `outside to ${C1}`, ...always];
const translated = [`c1 to ${OUTSIDE}`, `c4 to ${OUTSIDE}`, ...always];

it('what passes beyond a CIN is as the config of its hypervisor says, within a scan of its change', async () => {
  makeOutside();
  const weft = await made();
  await startEchoServers(['c4', 'outside']);
  routeBack('add');
  writeFileSync(FORWARDING, '1');
  expect(await passing(WAYS)).toEqual(always);
  writeFileSync(FORWARDING, '0');
  await configure(weft, 'on');
  await until('the CINs are routed', () => all(['c1', C4], ['c4', OUTSIDE]));
  expect(readFileSync(FORWARDING, 'utf8')).toBe('1\n');
  expect(await passing(WAYS)).toEqual(routed);
  expect(await echoes('c1', [C4, OUTSIDE])).toEqual([C4, OUTSIDE]);
  await configure(weft, 'nat');
  await until('the CINs are apart', async () => !(await reaches(['c1', C4])) && !(await reaches(['outside', C1])));
  routeBack('delete');
  await until('both are translated', () => all(['c1', OUTSIDE], ['c4', OUTSIDE]));
  expect(await echoes('c1', [OUTSIDE])).toEqual([OUTSIDE]);
  routeBack('add');
  expect(await passing(WAYS)).toEqual(translated);
  await configure(weft, '');
  await until('nothing passes', async () => !(await reaches(['c1', OUTSIDE])) && !(await reaches(['c4', OUTSIDE])));
  expect(await passing(WAYS)).toEqual(always);
});

it('a CIN that is made later forwards at once, and the host again after somebody has switched it off', async () => {
  makeOutside();
  const weft = await made();
  await configure(weft, 'nat');
  await until('it is translated', () => reaches(['c1', OUTSIDE]));
  await weft.request('POST', '/cin/destroy', ['cin1'], waiting);
  expect((await weft.request('POST', '/cin/make', ['cin1'], waiting)).status).toBe(200);
  expect(await reaches(['c1', OUTSIDE])).toBe(true);
  await weft.sql('UPDATE operations SET created_ms = created_ms - 30000');
  writeFileSync(FORWARDING, '0');
  await until('the host forwards again', () => reaches(['c1', OUTSIDE]));
});
