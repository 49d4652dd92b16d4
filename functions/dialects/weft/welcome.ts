import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';

const paths = {
  '/healthz': 'whether the database answers',
  '/readyz': 'whether an executor is alive too',
  '/operations': 'everything that was asked for, newest first; /operations/{id} is one',
  '/operations/{id}/cancel': 'POST: end it and take back what it did',
  '/operations/{id}/retry': 'POST: ask for the same again, after it failed',
  '/hypervisors': 'GET, POST: the fleet; in front of any path below, /hypervisors/{id} says whose it is',
  '/hypervisors/{id}': 'GET, PATCH, DELETE: one; /config, /subnets and /guests are its parts',
  '/subnets': 'GET, POST: ranges of addresses; /subnets/{id}/addresses reserves them',
  '/hypervisors/{id}/resync': 'POST: compare the host with what is wanted and repair it; ?dry_run=true only tells',
  '/hypervisors/{id}/orphans': 'GET, DELETE: what weft labelled and does not know any more',
  '/hypervisors/{id}/orphans/{kind}/{name}': 'POST: adopt or delete one that is not removed without being asked',
  '/cen/import': 'POST: declare Ethernet networks and their containers',
  '/cen/make': 'POST: wire a list of them',
  '/cen/destroy': 'POST: take them off the host',
  '/cen/{CenId}': 'PUT, GET, DELETE: one Ethernet network',
  '/host/{HostId}/{ContainerId}': 'PUT, GET, DELETE: one container',
  '/host/{HostId}/{ContainerId}/exec': 'POST: run a command in a container',
  '/host/{HostId}/{ContainerId}/log': 'GET: what a container has written; ?follow=true goes on',
  '/host/{HostId}/{ContainerId}/stats': 'GET: what the process of a container uses',
  '/host/{HostId}/{ContainerId}/{CenId}': 'PUT, DELETE: a container in a network',
  '/images': 'GET, POST: the images of containers; /images/{name} is one',
  '/leviathan/monitor': 'a WebSocket: the containers of IP networks, and their changes',
  '/hosts': 'GET: the virtual machines',
  '/hosts/{hostname}': 'GET, POST, PATCH, DELETE: one virtual machine',
  '/hosts/{hostname}/{action}': 'PUT: start, shutdown, reboot, reset, destroy, suspend or resume it',
  '/networks': 'GET: the networks of virtual machines',
  '/networks/{name}': 'GET, POST, DELETE: a VLAN of a bridge of Open vSwitch, as a network of libvirt',
  '/v1/processes': 'GET: the Soft Patch Panel processes that are connected',
  '/v1/vfs/{id}': 'GET: a spp_vf; /components and /classifier_table change it',
  '/v1/nfvs/{id}': 'GET: a spp_nfv; /forward, /ports and /patches change it',
  '/v1/primary/status': 'GET, DELETE: the figures of spp_primary',
};

/** GET /: what this service is, and its entry points. */
export function welcome(c: AppContext): Response {
  return answerJson(c, {
    name: 'weft',
    description: 'A control plane for hypervisors, container networks and soft patch panels',
    documentation: 'README.md and docs/ of the installation',
    paths,
  });
}
