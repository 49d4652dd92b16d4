import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { type LibvirtDriver, openLibvirtDriver, type Reference } from '../../executor/drivers/libvirt/driver.ts';
import { LibvirtDaemon } from '../support/libvirt-daemon.ts';
import { until } from '../support/until.ts';
import { load, PORT, print, quantile, timed, withWeft } from './weft.ts';

/*
 * Times the list of many domains, of which half are running, on libvirt's test driver: `GET /hosts`, and `virsh list`. The
 * domains are somebody else's: the driver has no disks of weft's. Run by `npm run bench` in a network and mount namespace of
 * its own; an argument is another number of domains.
 */

const DOMAINS = Number(process.argv[2] ?? 500);
const TURNS = 200;
const DRIVER = 'test:///default';
/** That which the test driver always has. */
const INHERENT = 1;

const domainXml = ({ uuid, name }: Reference) => `
  <domain type='test'><name>${name}</name><uuid>${uuid}</uuid><memory>8192</memory><os><type>hvm</type></os></domain>`;

async function define(driver: LibvirtDriver): Promise<void> {
  const domains = Array.from({ length: DOMAINS }, (_, number) => ({ uuid: randomUUID(), name: `many-${number}` }));
  const make = async (domain: Reference, number: number): Promise<void> => {
    await driver.domains.define(domain, domainXml(domain));
    if (number % 2 === 0) await driver.domains.start(domain);
  };
  await Promise.all(domains.map(make));
}

async function listed(): Promise<readonly { readonly state: string }[]> {
  return (await (await fetch(`http://127.0.0.1:${PORT}/hosts`)).json()) as { state: string }[];
}

async function turns(count: number, work: () => Promise<number> | number): Promise<string> {
  const times: number[] = [];
  for (let turn = 0; turn < count; turn += 1) times.push(await work());
  return `p50 ${quantile(times, 0.5).toFixed(1)} ms, p99 ${quantile(times, 0.99).toFixed(1)} ms`;
}

function virshList(uri: string): number {
  const began = performance.now();
  execFileSync('virsh', ['-q', '-c', uri, 'list', '--all']);
  return performance.now() - began;
}

async function tellsOf(running: number): Promise<void> {
  await until(`${running} domains are running`, async () => {
    const domains = await listed();
    return domains.filter(({ state }) => state === 'running').length === running;
  });
}

async function measure(driver: LibvirtDriver, uri: string): Promise<void> {
  const began = performance.now();
  await tellsOf(Math.ceil(DOMAINS / 2) + INHERENT);
  print('from /readyz until GET /hosts tells of all of them', `${(performance.now() - began).toFixed(0)} ms`);
  const [, other] = (await driver.domains.list()).filter(({ state }) => state === 'shut off');
  if (other === undefined) throw new Error('no domain is shut off');
  const changed = performance.now();
  await driver.domains.start(other);
  await tellsOf(Math.ceil(DOMAINS / 2) + INHERENT + 1);
  print('from a change of one until GET /hosts tells of it', `${(performance.now() - changed).toFixed(0)} ms`);
  print(`virsh list --all, ${DOMAINS} domains`, await turns(20, () => virshList(uri)));
  print(`GET /hosts, ${DOMAINS} domains, one client`, await turns(TURNS, () => timed('GET', '/hosts')));
  const { rate, latency99 } = load({ connections: 8, seconds: 3, path: '/hosts' });
  print(`GET /hosts, ${DOMAINS} domains, 8 connections of wrk`, `${Math.round(rate)} a second, p99 ${latency99}`);
}

const daemon = await LibvirtDaemon.start();
const uri = `test+unix:///default?socket=${daemon.socket}`;
try {
  // The domains of the test driver are there as long as a connection to it.
  const driver = await openLibvirtDriver({ path: daemon.socket, uri: DRIVER, namespace: 'urn:weft:bench' });
  try {
    await define(driver);
    await withWeft(() => measure(driver, uri), { WEFT_LIBVIRT_URI: uri });
  } finally {
    await driver.close();
  }
} finally {
  await daemon.stop();
}
