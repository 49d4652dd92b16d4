import { type CinImport, cinImportSchema } from '../../../schema/api/leviathan-cins.ts';
import { defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { scheduled } from '../../operations/targets/scheduled.ts';
import { byName, type Target } from '../../operations/targets/target.ts';
import { partResources } from '../networks/member-statements.ts';
import { cenKind, cinKind } from '../networks/network-kind.ts';
import { networksCalled } from '../networks/places.ts';
import { finishWithoutParts, insertParts } from '../networks/statements.ts';
import { censOf, importArguments } from './arguments.ts';
import {
  addCens,
  countParts,
  eachInOneCin,
  forgetRemovedCens,
  isActive,
  moveCens,
  partSubjects,
  removeOtherCens,
} from './cen-statements.ts';
import {
  blocksOverlap,
  blocksUsed,
  censInOtherCins,
  cinsElsewhere,
  noBlockLeft,
  otherBlock,
  unknownCens,
} from './problems.ts';
import { NO_ADDRESS, tooFewAddresses } from './room.ts';
import {
  blocksAreFree,
  blocksAreKept,
  blocksAreUnused,
  insertWithBlock,
  insertWithoutBlock,
  noneElsewhere,
  reviveCins,
} from './statements.ts';

/** An import allocates addresses for all containers of its CENs: more CENs may have many thousands of them. */
const LARGE_CENS = 10;

interface Importing extends CommandContext {
  readonly request: CinImport;
}

const censAreKnown = `NOT EXISTS (
  SELECT 1 FROM json_each(:names) j WHERE NOT EXISTS (
    SELECT 1 FROM cens n WHERE n.hypervisor = ${hypervisor} AND n.name = j.value AND n.desired = 'present'))`;

/** The hypervisor of all CENs of `:names`; NULL if they are on several, or on none. */
const ofCens = `(
  SELECT CASE count(DISTINCT h.id) WHEN 1 THEN max(h.id) END
  FROM json_each(:names) j CROSS JOIN ${networksCalled(cenKind, 'j.value', 'fleet')})`;

/**
 * Declares CINs over CENs; each list that the request contains replaces the CENs of its CIN. Only where a CIN is
 * already made is the host changed, by a part of the operation.
 */
export const importCins = defineCommand({
  kind: 'cin.import',
  role: 'operator',
  request: cinImportSchema,
  encode: ({ request }) => asStored(request),
  target: targetOf,
  resource: null,
  status: 'pending',
  arguments: ({ request }) => importArguments(request),
  guards: [
    { id: 'unknown_cen', holds: censAreKnown, problem: unknownCens },
    { id: 'elsewhere', holds: ({ isScoped }) => (isScoped ? null : noneElsewhere), problem: cinsElsewhere },
    { id: 'other_block', holds: blocksAreKept, problem: otherBlock },
    { id: 'overlaps_cin', holds: blocksAreFree, problem: blocksOverlap },
    { id: 'overlaps_host', holds: blocksAreUnused, problem: blocksUsed },
  ],
  rows: [
    reviveCins,
    insertWithBlock,
    insertWithoutBlock,
    insertParts(cinKind, isActive),
    removeOtherCens,
    moveCens,
    // Before the other CENs are forgotten: a container of one that joins and one that leaves keeps its address.
    addCens,
    forgetRemovedCens,
    countParts,
    finishWithoutParts,
  ],
  subjects: [partResources, ...partSubjects],
  invariants: [{ id: 'in_other_cin', holds: eachInOneCin, problem: censInOtherCins }],
  constraints: [
    { violated: 'cin_cens.cen', problem: censInOtherCins },
    { violated: 'cins.first', problem: noBlockLeft },
    { violated: NO_ADDRESS, problem: tooFewAddresses },
  ],
  isAmended: true,
  isLarge: ({ request }) => censOf(request).length > LARGE_CENS,
});

function asStored(request: CinImport) {
  return Object.fromEntries(
    request.map(({ cinID, cens, block }) => [cinID, block === null ? cens : { cens, cidr: block.cidr }]),
  );
}

/** The hypervisor of the CENs; where the request names none, that of the CINs. */
function targetOf(input: Importing): Target {
  const { host, request } = input;
  if (host !== null) return byName(host);
  const names = censOf(request);
  if (names.length === 0) return scheduled({ technology: 'netns' }, { cins: request.map(({ cinID }) => cinID) });
  return { sql: ofCens, args: { names: JSON.stringify(names) }, problem: () => unknownCens(input) };
}
