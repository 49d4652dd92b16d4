import { PHY_PORTS, type ProcessOptions, RINGS } from './era.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine has
 * not. This file is the status of a primary: none to speak of at first, then figures, then more figures.
 */

export interface PrimaryFacts {
  /** The hardware addresses of the physical ports; made up where they are not told. */
  readonly phyAddresses?: readonly string[];
}

export interface Pipe {
  readonly id: number;
  readonly rx: number;
  readonly tx: number;
}

export function primaryStatus(options: ProcessOptions & PrimaryFacts, pipes: readonly Pipe[]): string {
  const { era, phyPorts = PHY_PORTS, rings = RINGS, phyAddresses = [] } = options;
  if (era === 'seed-18.05') return 'Server Idling\n';
  const addresses = Array.from(
    { length: phyPorts },
    (_, id) => phyAddresses[id] ?? `02:00:00:00:00:${id.toString(16).padStart(2, '0')}`,
  );
  const phys = addresses.map((eth, id) => ({ id, eth, rx: 0, tx: 0, tx_drop: 0 }));
  const ringPorts = Array.from({ length: rings }, (_, id) => ({ id, rx: 0, rx_drop: 0, tx: 0, tx_drop: 0 }));
  if (era === '2018-10') return `{"phy_ports": [${spaced(phys)}], "ring_ports": [${spaced(ringPorts)}]}`;
  return JSON.stringify({
    'master-lcore': 0,
    lcores: [0],
    phy_ports: phys.map((phy) => ({ ...phy, nof_queues: { rx: 1, tx: 1 }, flow: [] })),
    ring_ports: ringPorts,
    pipes,
  });
}

/** JSON with a space after each mark, but none between the entries of a list. */
function spaced(entries: readonly Readonly<Record<string, string | number>>[]): string {
  return entries
    .map(
      (entry) =>
        `{${Object.entries(entry)
          .map(([name, value]) => `"${name}": ${JSON.stringify(value)}`)
          .join(', ')}}`,
    )
    .join(',');
}
