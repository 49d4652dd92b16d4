import type { ServedInstance } from '../support/instance.ts';

/* The requests and answers in spp-ctl's document, verbatim. */

/** The default content type of `curl -d`. */
export const FORM = 'application/x-www-form-urlencoded';
export const JSON_TYPE = 'application/json';

export const startForwarder = '{"name": "forwarder1", "core": 12, "type": "forward"}';
export const startForwardTx = '{"core": 2, "name": "forward_0_tx", "type": "forward"}';
export const attachWithVlan = `{"action": "attach", "port": "vhost:1", "dir": "rx",
   "vlan": {"operation": "add", "id": 677, "pcp": 0}
  }`;
export const detach = '{"action": "detach", "port": "vhost:0", "dir": "tx"}';
export const addMac = `{"action": "add", "type": "mac",
   "mac_address": "FA:16:3E:7D:CC:35", "port": "ring:0"
  }`;
export const removeVlan = `{"action": "del", "type": "vlan", "vlan": 475,
   "mac_address": "FA:16:3E:7D:CC:35", "port": "ring:0"
  }`;
export const startForwarding = '{"action": "start"}';
export const addPort = '{"action": "add", "port": "vhost:0"}';
export const addPatch = '{"src": "vhost:0", "dst": "ring:0"}';

export const processes = '[{"type":"primary"},{"type":"vf","client-id":1},{"type":"nfv","client-id":2}]';

function untagged(port: string): { port: string; vlan: { operation: string; id: number; pcp: number } } {
  return { port, vlan: { operation: 'none', id: 0, pcp: 0 } };
}

/** The answer of `GET /v1/vfs/{client_id}`. */
export const vf = {
  'client-id': 1,
  ports: ['phy:0', 'phy:1', 'vhost:0', 'vhost:1', 'ring:0', 'ring:1', 'ring:2', 'ring:3'],
  components: [
    { core: 2, name: 'forward_0_tx', type: 'forward', rx_port: [untagged('ring:0')], tx_port: [untagged('vhost:0')] },
    { core: 3, type: 'unuse' },
    { core: 4, type: 'unuse' },
    { core: 5, name: 'forward_1_rx', type: 'forward', rx_port: [untagged('vhost:1')], tx_port: [untagged('ring:3')] },
    {
      core: 6,
      name: 'classifier',
      type: 'classifier_mac',
      rx_port: [untagged('phy:0')],
      tx_port: [untagged('ring:0'), untagged('ring:2')],
    },
    {
      core: 7,
      name: 'merger',
      type: 'merge',
      rx_port: [untagged('ring:1'), untagged('ring:3')],
      tx_port: [untagged('phy:0')],
    },
  ],
  classifier_table: [{ type: 'mac', value: 'FA:16:3E:7D:CC:35', port: 'ring:0' }],
};

/** The answer of `GET /v1/nfvs/{client_id}`. */
export const nfv = {
  'client-id': 2,
  status: 'Running',
  ports: ['phy:0', 'phy:1', 'vhost:0', 'vhost:1', 'ring:0', 'ring:1', 'ring:2', 'ring:3'],
  patches: [
    { src: 'vhost:0', dst: 'ring:0' },
    { src: 'ring:1', dst: 'vhost:1' },
  ],
};

interface RawAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
  readonly headers: Headers;
}

/** A success without a body. */
export const NOTHING = { status: 204, type: null, text: '' };

export function json(body: unknown): { status: number; type: string; text: string } {
  return { status: 200, type: 'application/json', text: JSON.stringify(body) };
}

export function error(status: number, text: string): { status: number; type: string; text: string } {
  return { status, type: 'text/plain; charset=utf-8', text };
}

/** The commands that a process received, without queries. */
export function changesOf(commands: readonly string[]): string[] {
  return commands.filter((command) => command !== 'status' && command !== '_get_client_id');
}

/** One request with its body verbatim, with the content type that its client sends. */
export async function send(
  weft: ServedInstance,
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  contentType = FORM,
): Promise<RawAnswer> {
  const answer = await fetch(`${weft.url}${path}`, {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': contentType } }),
  });
  const { status, headers } = answer;
  return { status, type: headers.get('content-type'), text: await answer.text(), headers };
}

/** Configures the vf as in the document, and throws at the first answer that is not a 204. */
export async function setUpVf(weft: ServedInstance, id = 1): Promise<void> {
  for (const component of vf.components) {
    if (component.name === undefined) continue;
    const { name, core, type, rx_port: rx, tx_port: tx } = component;
    await done(weft, 'POST', `/v1/vfs/${id}/components`, { name, core, type });
    const ports = [...rx.map(({ port }) => ({ port, dir: 'rx' })), ...tx.map(({ port }) => ({ port, dir: 'tx' }))];
    for (const port of ports) {
      await done(weft, 'PUT', `/v1/vfs/${id}/components/${name}/ports`, { action: 'attach', ...port });
    }
  }
  await done(weft, 'PUT', `/v1/vfs/${id}/classifier_table`, JSON.parse(addMac));
}

/** Configures the nfv as in the document. */
export async function setUpNfv(weft: ServedInstance, id = 2): Promise<void> {
  for (const port of nfv.ports.filter((each) => !each.startsWith('phy'))) {
    await done(weft, 'PUT', `/v1/nfvs/${id}/ports`, { action: 'add', port });
  }
  for (const patch of nfv.patches) await done(weft, 'PUT', `/v1/nfvs/${id}/patches`, patch);
  await done(weft, 'PUT', `/v1/nfvs/${id}/forward`, { action: 'start' });
}

export async function done(weft: ServedInstance, method: string, path: string, body?: unknown): Promise<void> {
  const { status, text } = await send(weft, method, path, body === undefined ? undefined : JSON.stringify(body));
  if (status !== 204) throw new Error(`${method} ${path} ${JSON.stringify(body)}: ${status} ${text}`);
}
