/* Every write of the API: a request for each route. */

export const FLEET = 'abcd1234-abcd-1234-abcd-1234abcd1234';
export const SUBNET = 'c6430cba-648a-41aa-aee4-b59dacfc790d';
export const EMPTY_SUBNET = 'd6430cba-648a-41aa-aee4-b59dacfc790d';
export const PENDING = '01890000-0000-7000-8000-000000000001';
export const FAILED = '01890000-0000-7000-8000-000000000002';

export interface Write {
  /** As the application registers it. */
  readonly route: string;
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  /** Accepts `If-Match` with the entity tag of this path. */
  readonly tagged?: string;
  /** Also served with a hypervisor prefix. */
  readonly prefixed?: true;
  readonly headers?: Readonly<Record<string, string>>;
}

const fleet = `/hypervisors/${FLEET}`;
const waiting = { prefer: 'wait=10' };

const hypervisors: readonly Write[] = [
  {
    route: '/hypervisors',
    method: 'POST',
    path: '/hypervisors',
    body: { name: 'another', total_resources: { cpu: 2 } },
  },
  { route: '/hypervisors/:id', method: 'PATCH', path: fleet, body: { ip: '10.0.0.8' }, tagged: fleet },
  { route: '/hypervisors/:id', method: 'DELETE', path: `${fleet}?force=true`, tagged: fleet },
  { route: '/hypervisors/:id/config', method: 'PATCH', path: `${fleet}/config`, body: { a: 'b' }, tagged: fleet },
  {
    route: '/hypervisors/:id/subnets',
    method: 'PATCH',
    path: `${fleet}/subnets`,
    body: { [SUBNET]: 'br1' },
    tagged: fleet,
  },
  { route: '/hypervisors/:id/subnets/:subnetID', method: 'DELETE', path: `${fleet}/subnets/${SUBNET}`, tagged: fleet },
  { route: '/hypervisors/:id/resync', method: 'POST', path: '/hypervisors/host1/resync' },
  { route: '/hypervisors/:id/orphans', method: 'DELETE', path: '/hypervisors/host1/orphans' },
  {
    route: '/hypervisors/:id/orphans/:kind/:name{.+}',
    method: 'POST',
    path: '/hypervisors/host1/orphans/image/lost:1',
    body: { action: 'adopt' },
  },
];

const subnets: readonly Write[] = [
  { route: '/subnets', method: 'POST', path: '/subnets', body: { cidr: '10.9.0.0/24', gateway: '10.9.0.1' } },
  {
    route: '/subnets/:subnetID',
    method: 'PATCH',
    path: `/subnets/${EMPTY_SUBNET}`,
    body: { end: '10.8.0.9' },
    tagged: `/subnets/${EMPTY_SUBNET}`,
  },
  {
    route: '/subnets/:subnetID',
    method: 'DELETE',
    path: `/subnets/${EMPTY_SUBNET}`,
    tagged: `/subnets/${EMPTY_SUBNET}`,
  },
  {
    route: '/subnets/:subnetID/addresses',
    method: 'POST',
    path: `/subnets/${SUBNET}/addresses`,
    body: { owner: 'me' },
  },
  { route: '/subnets/:subnetID/addresses/:address', method: 'DELETE', path: `/subnets/${SUBNET}/addresses/10.7.0.1` },
];

const leviathan: readonly Write[] = [
  {
    route: '/cen/import',
    method: 'POST',
    path: '/cen/import',
    body: { cenList: [{ cenID: 'wan', containerIDs: ['a', 'x'] }] },
  },
  { route: '/cen/make', method: 'POST', path: '/cen/make', body: ['lan'], headers: waiting },
  { route: '/cen/destroy', method: 'POST', path: '/cen/destroy', body: ['lan'], headers: waiting },
  { route: '/cen/:CenId', method: 'PUT', path: '/cen/new' },
  { route: '/cen/:CenId', method: 'DELETE', path: '/cen/alone' },
  { route: '/cin/import', method: 'POST', path: '/cin/import', body: { net2: ['alone'] } },
  { route: '/cin/make', method: 'POST', path: '/cin/make', body: ['net'], headers: waiting },
  { route: '/cin/destroy', method: 'POST', path: '/cin/destroy', body: ['net'], headers: waiting },
  { route: '/cin/:CinId', method: 'DELETE', path: '/cin/net' },
  {
    route: '/cpool',
    method: 'POST',
    path: '/cpool',
    body: { cpoolList: [{ cpoolID: 'p', type: 'netns', start_with: 2, cins: [{ cinID: 'net' }] }] },
  },
  { route: '/cpool/:CPoolId', method: 'DELETE', path: '/cpool/pool' },
  { route: '/images', method: 'POST', path: '/images', body: { name: 'registry.example/x:1' } },
  { route: '/images/:name{.+}', method: 'DELETE', path: '/images/lab/alone:1' },
  { route: '/host/:HostId/:ContainerId', method: 'PUT', path: '/host/host1/c', body: { tag: 't', memory: 5 } },
  { route: '/host/:HostId/:ContainerId', method: 'DELETE', path: '/host/host1/a' },
  { route: '/host/:HostId/:ContainerId/exec', method: 'POST', path: '/host/host1/a/exec', body: { command: ['ls'] } },
  { route: '/host/:HostId/:ContainerId/:CenId', method: 'PUT', path: '/host/host1/c/lan' },
  { route: '/host/:HostId/:ContainerId/:CenId', method: 'DELETE', path: '/host/host1/a/lan' },
  { route: '/host/:HostId/:ContainerId/:CenId', method: 'POST', path: '/host/host1/p/stop', body: { timeout: 1 } },
].map((write) => ({ ...write, prefixed: true }) as const) as readonly Write[];

const compute: readonly Write[] = [
  {
    route: '/hosts/:hostname',
    method: 'POST',
    path: '/hosts/new.example.com',
    body: { memory: 1, disks: [1], networks: ['vlan:10'] },
  },
  { route: '/hosts/:hostname', method: 'PATCH', path: '/hosts/vm', body: { vcpus: 2 }, tagged: '/hosts/vm' },
  { route: '/hosts/:hostname', method: 'DELETE', path: '/hosts/vm', tagged: '/hosts/vm' },
  { route: '/hosts/:hostname/:action', method: 'PUT', path: '/hosts/vm/suspend' },
  { route: '/networks/:name', method: 'POST', path: '/networks/vlan:20', body: { bridge: 'br0', vlan: 20 } },
  { route: '/networks/:name', method: 'DELETE', path: '/networks/vlan:10' },
  {
    route: '/hosts/:hostname/networks/:name',
    method: 'POST',
    path: '/hosts/ns.example.com/networks/managment-network',
    body: { bridge: 'br0', vlan: 10 },
  },
].map((write) => ({ ...write, prefixed: true }) as const) as readonly Write[];

const component = { name: 'fwd', core: 2, type: 'forward' };
const port = { action: 'attach', port: 'ring:0', dir: 'rx' };
const patch = { src: 'ring:0', dst: 'ring:1' };
const classifier = { action: 'add', type: 'mac', mac_address: 'FA:16:3E:7D:CC:35', port: 'ring:0' };

const spp: readonly Write[] = [
  { route: '/v1/vfs/:id', method: 'DELETE', path: '/v1/vfs/1' },
  { route: '/v1/vfs/:id/components', method: 'POST', path: '/v1/vfs/1/components', body: component },
  { route: '/v1/vfs/:id/components/:name', method: 'PUT', path: '/v1/vfs/1/components/fwd', body: port },
  { route: '/v1/vfs/:id/components/:name', method: 'DELETE', path: '/v1/vfs/1/components/fwd' },
  { route: '/v1/vfs/:id/components/:name/ports', method: 'PUT', path: '/v1/vfs/1/components/fwd/ports', body: port },
  { route: '/v1/vfs/:id/classifier_table', method: 'PUT', path: '/v1/vfs/1/classifier_table', body: classifier },
  { route: '/v1/nfvs/:id', method: 'DELETE', path: '/v1/nfvs/2' },
  { route: '/v1/nfvs/:id/forward', method: 'PUT', path: '/v1/nfvs/2/forward', body: { action: 'start' } },
  { route: '/v1/nfvs/:id/ports', method: 'PUT', path: '/v1/nfvs/2/ports', body: { action: 'add', port: 'ring:0' } },
  { route: '/v1/nfvs/:id/patches', method: 'PUT', path: '/v1/nfvs/2/patches', body: patch },
  { route: '/v1/nfvs/:id/patches', method: 'DELETE', path: '/v1/nfvs/2/patches' },
  { route: '/v1/primary/status', method: 'DELETE', path: '/v1/primary/status' },
  { route: '/v1/primary/forward', method: 'PUT', path: '/v1/primary/forward', body: { action: 'stop' } },
  { route: '/v1/primary/ports', method: 'PUT', path: '/v1/primary/ports', body: { action: 'add', port: 'ring:0' } },
  { route: '/v1/primary/patches', method: 'PUT', path: '/v1/primary/patches', body: patch },
  { route: '/v1/primary/patches', method: 'DELETE', path: '/v1/primary/patches' },
  { route: '/v1/mirrors/:id', method: 'DELETE', path: '/v1/mirrors/3' },
  {
    route: '/v1/mirrors/:id/components',
    method: 'POST',
    path: '/v1/mirrors/3/components',
    body: { ...component, type: 'mirror' },
  },
  { route: '/v1/mirrors/:id/components/:name', method: 'DELETE', path: '/v1/mirrors/3/components/fwd' },
  {
    route: '/v1/mirrors/:id/components/:name/ports',
    method: 'PUT',
    path: '/v1/mirrors/3/components/fwd/ports',
    body: port,
  },
  { route: '/v1/pcaps/:id', method: 'DELETE', path: '/v1/pcaps/4' },
  { route: '/v1/pcaps/:id/capture', method: 'PUT', path: '/v1/pcaps/4/capture', body: { action: 'start' } },
].map((write) => ({ ...write, prefixed: true }) as const) as readonly Write[];

const operations: readonly Write[] = [
  { route: '/operations/:id/cancel', method: 'POST', path: `/operations/${PENDING}/cancel` },
  { route: '/operations/:id/retry', method: 'POST', path: `/operations/${FAILED}/retry`, headers: waiting },
];

const unprefixed: readonly Write[] = [...hypervisors, ...subnets, ...leviathan, ...compute, ...spp, ...operations];

/** Each also with a hypervisor prefix, where the application serves that. */
export const writes: readonly Write[] = unprefixed.flatMap((write) =>
  write.prefixed
    ? [write, { ...write, route: `/hypervisors/:hypervisor${write.route}`, path: `/hypervisors/host1${write.path}` }]
    : [write],
);
