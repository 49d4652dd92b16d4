import { type CpoolList, cpoolListSchema } from '../../../schema/api/leviathan-pools.ts';
import { SCALE_POOL } from '../../../schema/resources/network/pools.ts';
import { NETNS_IMAGE } from '../../../schema/resources/network/process.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName, capableOf, type Target } from '../../operations/targets/target.ts';
import { noBlockLeft } from '../cins/problems.ts';
import { NO_ADDRESS } from '../cins/room.ts';
import { hasContainers, noContainers } from '../containers/guards.ts';
import { hasNamespaces, networkConstraints } from '../networks/guards.ts';
import { allocateOutsideNames } from '../networks/member-statements.ts';
import { finishWithoutParts } from '../networks/statements.ts';
import { namesOf, networksOf, poolArguments } from './arguments.ts';
import { declareNetworks, emptyCins, joinNewCens, leavingNetworks, networksElsewhere } from './networks.ts';
import { beingDeleted, elsewhere, notOfPool, tooFewAddresses, tooManyContainers, withoutCens } from './problems.ts';
import {
  allocatePoolNamespaces,
  declareMembers,
  declarePools,
  foreignContainers,
  insertPoolParts,
  joinMembers,
  noCenTooLarge,
  partChanges,
  routeMembers,
  specifyPools,
  typeMembers,
} from './statements.ts';

/** Pools of more containers in all are committed by the thread. */
const LARGE_CONTAINERS = 500;

interface Scaling extends CommandContext {
  readonly request: CpoolList;
}

const none = (select: string) => `NOT EXISTS (${select})`;

/** Creates pools, and scales those that exist: one operation with a part for each. */
export const scalePools = defineCommand({
  kind: SCALE_POOL,
  role: 'operator',
  request: cpoolListSchema,
  target: targetOf,
  resource: null,
  status: 'pending',
  arguments: ({ request: { cpoolList } }) => {
    return poolArguments(cpoolList);
  },
  guards: [
    hasNamespaces,
    {
      ...hasContainers,
      holds: ({ request }: Scaling) => (runsImages(request) ? capableOf('containers') : null),
      problem: ({ database, request }, target) => noContainers(database, target, typePointers(request)),
    },
    { id: 'leaving', holds: none(leavingNetworks(hypervisor)), problem: beingDeleted },
    {
      id: 'elsewhere',
      holds: ({ isScoped }) => (isScoped ? null : none(networksElsewhere(hypervisor))),
      problem: elsewhere,
    },
    { id: 'without_cens', holds: none(emptyCins(hypervisor)), problem: withoutCens },
    { id: 'not_of_pool', holds: none(foreignContainers(hypervisor)), problem: notOfPool },
  ],
  rows: [
    ...declareNetworks,
    declarePools,
    insertPoolParts,
    joinNewCens,
    partChanges.removeMembers,
    partChanges.removeContainers,
    declareMembers,
    allocatePoolNamespaces,
    routeMembers,
    typeMembers,
    specifyPools,
    joinMembers,
    allocateOutsideNames,
    partChanges.count,
    finishWithoutParts,
  ],
  subjects: partChanges.subjects,
  invariants: [{ id: 'cen_full', holds: noCenTooLarge, problem: tooManyContainers }],
  constraints: [
    { violated: NO_ADDRESS, problem: tooFewAddresses },
    { violated: 'cins.first', problem: noBlockLeft },
    ...networkConstraints(({ request }: Scaling) => namesOf(request.cpoolList)),
  ],
  isAmended: true,
  isLarge: ({ request: { cpoolList } }) => cpoolList.reduce((sum, pool) => sum + pool.start_with, 0) > LARGE_CONTAINERS,
});

function runsImages(request: CpoolList): boolean {
  return typePointers(request).length > 0;
}

/** The members that name an image. */
function typePointers({ cpoolList }: CpoolList): string[] {
  return cpoolList.flatMap(({ type }, index) => (type === NETNS_IMAGE ? [] : [`/cpoolList/${index}/type`]));
}

/** The hypervisor of the pools; where none exists, that of their networks. */
function targetOf({ host, request: { cpoolList } }: Scaling): Target {
  if (host !== null) return byName(host);
  const networks = networksOf(cpoolList);
  return scheduled(
    { technology: runsImages({ cpoolList }) ? 'containers' : 'netns' },
    { cpools: cpoolList.map(({ cpoolID }) => cpoolID), cins: networks, cens: networks },
  );
}
