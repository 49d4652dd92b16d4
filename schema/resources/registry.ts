import type { Statement } from '../database/database.ts';
import type { Arguments } from '../statements/ending.ts';
import { bridgesDefinition } from './bridges.ts';
import type { Content, ResourceDefinition } from './definition.ts';
import { networkDefinition } from './network/definition.ts';
import { sppDefinition } from './spp/definition.ts';

/** All kinds of resources. */
export const resources: readonly ResourceDefinition[] = [networkDefinition, bridgesDefinition, sppDefinition];

const byOperation: ReadonlyMap<string, ResourceDefinition> = new Map(
  resources.flatMap((each) => Object.keys(each.operations).map((kind) => [kind, each] as const)),
);

/** Whose work an operation is; undefined: no single kind's. */
export function resourceOf(operationKind: string): ResourceDefinition | undefined {
  return byOperation.get(operationKind);
}

/** Rolls back what operations wanted that end without having touched the host: see {@link ResourceDefinition.rollback}. */
export function rollbackResources(which: string, args: Arguments): Statement<never>[] {
  return resources.flatMap((each) => each.rollback?.(which, args) ?? []);
}

/** Forgets all resources of a hypervisor, over `:hypervisor`, and leaves its host as it is. */
export const purgeResources: readonly string[] = resources.flatMap((each) => each.purge ?? []);

/** What lives on hypervisors: see {@link ResourceDefinition.contents}. */
export const contents: readonly Content[] = resources.flatMap((each) => each.contents ?? []);

/** See {@link ResourceDefinition.placedTogether}. */
export const placedTogether: readonly string[] = resources.flatMap((each) => each.placedTogether ?? []);

/** See {@link ResourceDefinition.networks}. */
export const networks: readonly string[] = resources.flatMap((each) => each.networks ?? []);
