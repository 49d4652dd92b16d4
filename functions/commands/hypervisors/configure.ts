import type { ConfigPatch } from '../../../schema/api/fleet/hypervisors.ts';
import { unknownHypervisor } from '../../../schema/api/fleet/parameters.ts';
import { statement } from '../../../schema/database/database.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { guardRevision } from '../../operations/conflict.ts';
import { type Intent, insertOperation } from '../../operations/intent.ts';
import { newId } from '../../operations/new-id.ts';
import { byName } from '../../operations/targets/target.ts';
import type { ReadHypervisor } from './read.ts';

const patchConfig = `UPDATE hypervisors SET revision = revision + 1, config = json_patch(config, :patch) WHERE id = :id`;

/** Merges into the config; an empty string takes a key away. */
export function updateConfig(
  { principal }: CommandContext,
  { body: { id } }: ReadHypervisor,
  patch: ConfigPatch,
  revision: number | null,
): Intent {
  const operation = newId();
  const merge = Object.fromEntries(Object.entries(patch).map(([key, value]) => [key, value === '' ? null : value]));
  return {
    operation,
    statements: [
      insertOperation({
        operation,
        kind: 'config.update',
        on: byName(id),
        request: patch,
        principal,
        resource: `hypervisors/${id}`,
        status: 'succeeded',
      }),
      ...guardRevision('hypervisors', id, revision, () => unknownHypervisor(id)),
      statement(patchConfig, { id, patch: JSON.stringify(merge) }),
    ],
  };
}
