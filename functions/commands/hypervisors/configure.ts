import { configPatchSchema } from '../../../schema/api/fleet/hypervisors.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import { revisionGuards } from '../../operations/conflict.ts';
import { byId } from '../../operations/targets/target.ts';
import { hypervisorResource, missingHypervisor } from './hypervisor.ts';
import { readNamedHypervisor } from './read.ts';

/** Merges into the config; an empty string removes a key. */
export const updateConfig = defineCommand({
  kind: 'config.update',
  role: 'operator',
  request: configPatchSchema,
  read: readNamedHypervisor,
  target: ({ found }) => byId(found.body.id),
  resource: hypervisorResource,
  status: 'succeeded',
  arguments: ({ request, found, ifMatch }) => ({
    id: found.body.id,
    revision: expectedRevision(ifMatch, found.revision),
    patch: JSON.stringify(
      Object.fromEntries(Object.entries(request).map(([key, value]) => [key, value === '' ? null : value])),
    ),
  }),
  guards: revisionGuards('hypervisors', missingHypervisor),
  rows: ['UPDATE hypervisors SET revision = revision + 1, config = json_patch(config, :patch) WHERE id = :id'],
});
