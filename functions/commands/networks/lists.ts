import * as v from 'valibot';
import type { List } from '../../../schema/api/pages.ts';
import type { NetworkKind } from './network-kind.ts';
import { networksIn, type Scope } from './places.ts';

/** Name, and id of the hypervisor. */
const networkKeySchema = v.strictTuple([v.string(), v.string()]);
export type NetworkKey = v.InferOutput<typeof networkKeySchema>;

/** Precedes every such key. */
export const FIRST_NETWORK: NetworkKey = ['', ''];

/** Ordered by name; those of the same name by their hypervisors. */
export function networkList(name: string): List<NetworkKey> {
  return { name, key: networkKeySchema };
}

export function networkKeyOf({ name, hypervisor }: { readonly name: string; readonly hypervisor: string }): NetworkKey {
  return [name, hypervisor];
}

/** A page of networks, of which `columns` are selected as of those that `networksCalled` finds. */
export function networksPage(kind: NetworkKind, scope: Scope, columns: string): string {
  const { row } = kind;
  const order = scope === 'fleet' ? `${row}.name, ${row}.hypervisor` : `${row}.name`;
  const after = scope === 'fleet' ? `(${order}) > (:name, :hypervisor)` : `${row}.name > :name`;
  return `SELECT ${columns} FROM ${networksIn(kind, after, scope)} ORDER BY ${order} LIMIT :limit + 1`;
}
