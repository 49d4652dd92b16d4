import { type AttachRequest, type OvsDriver, openOvsDriver } from '../../executor/drivers/ovs/driver.ts';
import { OvsDaemons } from '../support/ovs-daemons.ts';
import { print } from './weft.ts';

/*
 * Times ports of Open vSwitch with VLAN tags on one bridge in userspace, whose devices it makes: attached by the OVS driver
 * in one call, and by `ovs-vsctl` one by one. Both wait until ovs-vswitchd has applied it. Run by `npm run bench` in a
 * network and mount namespace of its own; an argument is another number of ports.
 */

const PORTS = Number(process.argv[2] ?? 1_000);
/** One by one, more would take a minute, and each of them no other time. All end with the network namespace. */
const ONE_BY_ONE = Math.min(PORTS, 200);
const VLANS = 4_094;

const label = (port: string) => `weft:bench/${port}`;
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const tagOf = (number: number) => (number % VLANS) + 1;

async function timed(work: () => Promise<unknown> | unknown): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

const inWords = (milliseconds: number, ports: number) =>
  `${(milliseconds / 1000).toFixed(2)} s: ${(milliseconds / ports).toFixed(2)} ms each`;

async function byDriver(driver: OvsDriver, bridge: string): Promise<void> {
  const requests = numbers(PORTS).map((number): AttachRequest => {
    const port = `d${number}`;
    return { bridge, port, tag: tagOf(number), label: label(port), type: 'internal' };
  });
  const attached = await timed(() => driver.attachPorts(requests));
  const again = await timed(() => driver.attachPorts(requests));
  const detached = await timed(() => driver.detachPorts(requests.slice(0, ONE_BY_ONE)));
  print(`${PORTS} ports attached by the driver`, inWords(attached, PORTS));
  print('attached again as they are', `${again.toFixed(1)} ms`);
  print(`${ONE_BY_ONE} of them detached`, inWords(detached, ONE_BY_ONE));
}

async function byCommands(daemons: OvsDaemons, bridge: string): Promise<void> {
  const attached = await timed(() => {
    for (const number of numbers(ONE_BY_ONE)) {
      const [port, tag] = [`c${number}`, `tag=${tagOf(number)}`];
      daemons.vsctl('add-port', bridge, port, tag, '--', 'set', 'Interface', port, 'type=internal');
    }
  });
  const detached = await timed(() => {
    for (const number of numbers(ONE_BY_ONE)) daemons.vsctl('del-port', bridge, `c${number}`);
  });
  print(`${ONE_BY_ONE} ports attached by ovs-vsctl, one by one`, inWords(attached, ONE_BY_ONE));
  print('detached, one by one', inWords(detached, ONE_BY_ONE));
}

const daemons = await OvsDaemons.start();
try {
  const driver = await openOvsDriver({ socket: daemons.socket, lock: 'weft_bench' });
  try {
    for (const name of ['driver', 'commands']) {
      await driver.createBridge({ name, label: label(name), datapath: 'netdev' });
    }
    await byDriver(driver, 'driver');
    await byCommands(daemons, 'commands');
  } finally {
    await driver.close();
  }
} finally {
  await daemons.close();
}
