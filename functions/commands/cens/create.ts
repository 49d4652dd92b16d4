import * as v from 'valibot';
import { cenIdSchema } from '../../../schema/api/leviathan.ts';
import { defineCommand } from '../../operations/command.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName } from '../../operations/targets/target.ts';
import { networkArguments } from '../networks/arguments.ts';
import { networkConstraints } from '../networks/guards.ts';
import { allocateBridges, declareCens } from '../networks/statements.ts';
import { cenNames, cenResource } from './cen.ts';

/** Declares an empty CEN; leaves an existing one as it is. */
export const createCen = defineCommand({
  kind: 'cen.create',
  role: 'operator',
  request: v.object({ cenID: cenIdSchema }),
  target: ({ host, request }) =>
    host === null ? scheduled({ technology: 'netns' }, { cens: [request.cenID] }) : byName(host),
  resource: cenResource,
  status: 'succeeded',
  arguments: ({ request }) =>
    networkArguments({ memberships: [{ cen: request.cenID, containers: [] }], mode: 'declare' }),
  rows: [declareCens, allocateBridges],
  constraints: networkConstraints(cenNames),
});
