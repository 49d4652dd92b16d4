import type { ClaimedOperation } from '../definition.ts';
import { type Power, type PowerAction, powerRules } from './power.ts';

export const CREATE_DOMAIN = 'domain.create';
export const DELETE_DOMAIN = 'domain.delete';
export const POWER_DOMAIN = 'domain.power';
export const UPDATE_DOMAIN = 'domain.update';
export const REPAIR_DOMAIN = 'domain.repair';
export const ADOPT_DOMAIN = 'domain.adopt';
export const DISCARD_DOMAIN = 'domain.discard';

/** What is wanted of a domain and may change, as its row has it. */
export interface DomainSpec {
  /** In MB. */
  readonly memory: number;
  readonly vcpus: number;
  /** Whether it is started again when the host has booted, if it ran before. */
  readonly autostart: boolean;
  readonly power: Power;
}

/** A new disk, by its position, or one on the host. */
export interface DomainDisk {
  readonly position: number;
  /** In GB. */
  readonly size: number;
  readonly serial: string;
}

export interface DomainNic {
  readonly position: number;
  /** The name of a network of libvirt's. */
  readonly network: string;
  readonly mac: string;
}

/** The request of a {@link CREATE_DOMAIN} as its operation keeps it. */
export interface CreateRequest extends Omit<DomainSpec, 'power'> {
  readonly name: string;
  /** Whether it is started when it has been made. */
  readonly start: boolean;
  /** In GB. */
  readonly disks: readonly number[];
  readonly networks: readonly { readonly name: string; readonly mac?: string | undefined }[];
}

/** Of an {@link UPDATE_DOMAIN}: the members that it changes. */
export type UpdateRequest = { readonly name: string } & Partial<Omit<DomainSpec, 'power'>>;

/** Of a {@link POWER_DOMAIN}. */
export interface PowerRequest {
  readonly name: string;
  readonly action: PowerAction;
}

/** What an adopted domain is until the host has told. */
export const UNKNOWN_SPEC: DomainSpec = { memory: 0, vcpus: 0, autostart: true, power: 'shut off' };

export function specOfCreate({ memory, vcpus, autostart, start }: CreateRequest): DomainSpec {
  return { memory, vcpus, autostart, power: start ? 'running' : 'shut off' };
}

/** The members of a domain's spec that an operation sets. */
export function changesOf({ kind, request }: Pick<ClaimedOperation, 'kind' | 'request'>): Partial<DomainSpec> {
  switch (kind) {
    case CREATE_DOMAIN:
      return specOfCreate(JSON.parse(request));
    case POWER_DOMAIN: {
      const { action }: PowerRequest = JSON.parse(request);
      const { power } = powerRules[action];
      return power === null ? {} : { power };
    }
    case UPDATE_DOMAIN: {
      const { name: _, ...changes }: UpdateRequest = JSON.parse(request);
      return changes;
    }
    default:
      return {};
  }
}

/**
 * What an operation wants of its domain, given what was wanted before it: later requests, which are in the row already,
 * do not count. Null: that it is gone, or that it never was there.
 */
export function specAfter(
  operation: Pick<ClaimedOperation, 'kind' | 'request'>,
  before: DomainSpec | null,
): DomainSpec | null {
  const { kind } = operation;
  if (kind === CREATE_DOMAIN) return specOfCreate(JSON.parse(operation.request));
  if (kind === DELETE_DOMAIN || kind === DISCARD_DOMAIN) return null;
  return before && { ...before, ...changesOf(operation) };
}
