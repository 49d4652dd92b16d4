import type { Statement } from '../database/database.ts';
import type { Arguments } from '../statements/ending.ts';
import { bridgesDefinition } from './bridges.ts';
import { callsDefinition } from './calls.ts';
import type { Content, ResourceDefinition } from './definition.ts';
import { domainsDefinition } from './domains/definition.ts';
import { imagesDefinition } from './images/definition.ts';
import { networkDefinition } from './network/definition.ts';
import { sppDefinition } from './spp/definition.ts';
import { vlanNetworksDefinition } from './vlan-networks/definition.ts';

/** All kinds of resources. */
export const resources: readonly ResourceDefinition[] = [
  networkDefinition,
  bridgesDefinition,
  sppDefinition,
  imagesDefinition,
  vlanNetworksDefinition,
  callsDefinition,
  domainsDefinition,
];

const byOperation: ReadonlyMap<string, ResourceDefinition> = new Map(
  resources.flatMap((each) => Object.keys(each.operations).map((kind) => [kind, each] as const)),
);

/** The kind that runs an operation; undefined: no single kind does. */
export function resourceOf(operationKind: string): ResourceDefinition | undefined {
  return byOperation.get(operationKind);
}

/** Rolls back operations that end without having changed the host: see {@link ResourceDefinition.rollback}. */
export function rollbackResources(which: string, args: Arguments): Statement<never>[] {
  return resources.flatMap((each) => each.rollback?.(which, args) ?? []);
}

/** Deletes the rows of all resources of a hypervisor, over `:hypervisor`, and does not change its host. */
export const purgeResources: readonly string[] = resources.flatMap((each) => each.purge ?? []);

/** See {@link ResourceDefinition.contents}. */
export const contents: readonly Content[] = resources.flatMap((each) => each.contents ?? []);

/** See {@link ResourceDefinition.placedTogether}. */
export const placedTogether: readonly string[] = resources.flatMap((each) => each.placedTogether ?? []);

/** See {@link ResourceDefinition.networks}. */
export const networks: readonly string[] = resources.flatMap((each) => each.networks ?? []);
