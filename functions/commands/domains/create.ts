import { type HostCreate, hostCreateSchema } from '../../../schema/api/compute/hosts.ts';
import { hardwareAddress } from '../../../schema/names.ts';
import {
  CREATE_DOMAIN,
  type DomainDisk,
  type DomainNic,
  specOfCreate,
} from '../../../schema/resources/domains/spec.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor, ownSubject } from '../../operations/operation-statements.ts';
import { reservationArguments, reserving } from '../../operations/targets/reservations.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName } from '../../operations/targets/target.ts';
import { domainResource, fromDomain, hasLibvirt } from './domain.ts';
import { namesOf, networksExist } from './networks.ts';
import { domainTaken, foreignTaken, macTaken } from './taken.ts';

interface Creating extends CommandContext {
  readonly request: HostCreate;
}

/** Disks of libvirt's are counted in binary GB, as virt-install does; reservations in MB. */
const MB_PER_GB = 1_024;

function amountsOf({ memory, vcpus, disks }: HostCreate) {
  return { memory, disk: disks.reduce((sum, size) => sum + size, 0) * MB_PER_GB, cpu: vcpus };
}

const reservation = reserving(({ request }: Creating) => amountsOf(request));

const isFree: Guard<Creating> = {
  id: 'domain_exists',
  holds: `NOT EXISTS (SELECT 1 ${fromDomain})`,
  problem: ({ database, request }, target) => domainTaken(database, target, request.name),
};

/** Without a hypervisor in its path the name is one of the whole fleet. */
const isNobodys: Guard<Creating> = {
  id: 'foreign_domain',
  holds: ({ host }) =>
    `NOT EXISTS (SELECT 1 FROM foreign_domains f WHERE f.name = :name${host === null ? '' : ` AND f.hypervisor = ${hypervisor}`})`,
  problem: ({ database, request, host }) => foreignTaken(database, host, request.name),
};

const insert = `
  INSERT INTO domains (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
  SELECT :id, o.hypervisor, :name, :spec, 0, 'present', 'pending', o.created_ms, o.created_ms
  FROM operations o WHERE o.id = :operation`;

const insertDisks = `
  INSERT INTO domain_disks (domain, position, size, serial)
  SELECT :id, j.value ->> 'position', j.value ->> 'size', j.value ->> 'serial' FROM json_each(:disks) j`;

const insertNics = `
  INSERT INTO domain_nics (domain, hypervisor, position, network, mac)
  SELECT :id, ${hypervisor}, j.value ->> 'position', j.value ->> 'network', j.value ->> 'mac' FROM json_each(:nics) j`;

/** Makes a virtual machine, and starts it unless the request says otherwise. */
export const createDomain = defineCommand({
  kind: CREATE_DOMAIN,
  role: 'operator',
  request: hostCreateSchema,
  target: ({ host, request }) =>
    host === null
      ? scheduled(
          { technology: 'libvirt', networks: namesOf(request.networks), ...amountsOf(request) },
          { domains: [request.name] },
        )
      : byName(host),
  resource: domainResource,
  status: 'pending',
  arguments: ({ request }) => {
    const id = newId();
    return {
      ...{ id, name: request.name, spec: JSON.stringify(specOfCreate(request)) },
      disks: JSON.stringify(disksOf(id, request.disks)),
      nics: JSON.stringify(nicsOf(id, request.networks)),
      networks: JSON.stringify(namesOf(request.networks)),
      ...reservationArguments(amountsOf(request)),
    };
  },
  guards: [isFree, isNobodys, hasLibvirt, networksExist, reservation.guard],
  rows: [insert, insertDisks, insertNics, reservation.row],
  subjects: [ownSubject],
  constraints: [{ violated: 'domain_nics.mac', problem: ({ database, request }) => macTaken(database, request) }],
});

/** A serial number is unique among the disks of its guest, and has at most 20 characters. */
function disksOf(id: string, sizes: HostCreate['disks']): DomainDisk[] {
  const random = id.slice(-12);
  return sizes.map((size, position) => ({ position, size, serial: `${random}-${position}` }));
}

function nicsOf(id: string, networks: HostCreate['networks']): DomainNic[] {
  return networks.map(({ name, mac }, position) => ({
    position,
    network: name,
    mac: mac ?? hardwareAddress(`${id}/${position}`),
  }));
}
