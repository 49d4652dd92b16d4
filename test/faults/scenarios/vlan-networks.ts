import type { Instance } from '../../support/instance.ts';
import { NetworkHost } from '../../support/network-host.ts';
import { whenFinished } from '../../support/shared.ts';
import { until } from '../../support/until.ts';
import { type Act, inOrder, nothing, request, type Scenario, type Scenarios } from '../scenario.ts';

/** Its daemons outlive weft, and are those of one test. */
let host: NetworkHost | undefined;

function running(): NetworkHost {
  if (host === undefined) throw new Error('the scenario has no host yet');
  return host;
}

/** Without networks. */
async function environment(): Promise<Readonly<Record<string, string>>> {
  if (host === undefined) {
    whenFinished(() => {
      host = undefined;
    });
    host = await NetworkHost.start();
  }
  await host.clear();
  return host.environment;
}

/** What virsh shows, except UUIDs. */
async function shown(_weft: Instance): Promise<unknown> {
  const networks = await running().networks();
  const definitions = networks.map(([name = '']) => running().virsh('net-dumpxml', name));
  const text = [...networks, ...(await Promise.all(definitions))].join('\n');
  return text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid');
}

const create = request('POST', '/networks/a', { bridge: 'br0', vlan: 10 });

/** A manual change, until its repair has ended. */
const byHand =
  (change: () => Promise<unknown>): Act =>
  async (weft) => {
    await change();
    const repaired = "SELECT 1 FROM operations WHERE kind = 'vlan_network.repair' AND finished_ms IS NOT NULL";
    await until('it is repaired', async () => weft.hasEnded || (await weft.sql(repaired)).length > 0);
  };

const anotherTag = () => running().redefine('a', (xml) => xml.replace("tag id='10'", "tag id='11'"));

const scenario = (prepare: Act, act: Act): Scenario => ({
  ...{ environment, prepare, act, outcome: shown },
  clear: async () => undefined,
});

export const vlanNetworksRows = [
  `SELECT 'VLAN network', json_array(name, spec, applied_spec, desired, state, autostart, persistent, uuid = id, error)
   FROM vlan_networks`,
];

export const vlanNetworks: Scenarios = {
  'create a network': scenario(nothing, create),
  'create one, which fails at its last step': { ...scenario(nothing, create), failing: 'network.autostart:1' },
  'delete a network': scenario(inOrder(create), request('DELETE', '/networks/a')),
  'repair of another tag': scenario(inOrder(create), byHand(anotherTag)),
  'repair of one that was undefined': scenario(
    inOrder(create),
    byHand(() => running().virsh('net-undefine', 'a')),
  ),
};
