import { join } from 'node:path';
import { v5 } from 'uuid';
import { label } from '../../../schema/names.ts';
import { domainResource } from '../../../schema/resources/domains/rows.ts';
import type { DirectoryPool } from '../../drivers/libvirt/storage/model.ts';

/** Where the domains of one database are on a host. */
export interface DomainPlaces {
  readonly databaseId: string;
  /** The pool of their disks: volumes have no metadata, so all that it contains is weft's. */
  readonly pool: DirectoryPool;
  /** The directory of what guests write to their serial ports. */
  readonly consoles: string;
}

export function domainPlaces(stateDirectory: string, databaseId: string): DomainPlaces {
  return {
    databaseId,
    pool: {
      uuid: v5('storage pool', databaseId),
      name: `weft-${databaseId}`,
      directory: join(stateDirectory, 'disks'),
    },
    consoles: join(stateDirectory, 'logs'),
  };
}

/** The label of a domain in its metadata. */
export function ownerLabel({ databaseId }: DomainPlaces, id: string): string {
  return label(databaseId, domainResource(id));
}

/** The volume of a domain's disk. */
export function volumeName(id: string, position: number): string {
  return `${id}-${position}.qcow2`;
}

export function volumePath({ pool }: DomainPlaces, name: string): string {
  return join(pool.directory, name);
}

/** The disk of a domain that a path is the volume of; null: it is none of its own. */
export function positionOf(places: DomainPlaces, id: string, path: string): number | null {
  const start = volumePath(places, `${id}-`);
  const [, digits] = /^(0|[1-9]\d?)\.qcow2$/.exec(path.startsWith(start) ? path.slice(start.length) : '') ?? [];
  return digits === undefined ? null : Number(digits);
}

/** Rotated files have a suffix: `.0`. */
export function consoleLog({ consoles }: DomainPlaces, id: string): string {
  return join(consoles, `${id}.log`);
}
