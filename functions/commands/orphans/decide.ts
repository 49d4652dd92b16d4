import * as v from 'valibot';
import { Problem } from '../../../schema/problem.ts';
import type { ListedOrphans } from '../../../schema/resources/definition.ts';
import { resources } from '../../../schema/resources/registry.ts';
import { type Command, defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor, ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';

const requestSchema = v.object({ name: v.string() });
type OrphanRequest = v.InferOutput<typeof requestSchema>;

const isOrphan = `o.hypervisor = ${hypervisor} AND o.kind = :kind AND o.place = '' AND o.name = :name`;

/** An orphan gets a row, as what it is wanted: the operation does the rest. */
function decision(orphans: ListedOrphans, operation: string, desired: 'present' | 'absent'): Command<OrphanRequest> {
  const { kind, insertRow, isOwned, resourceOnHost } = orphans;
  return defineCommand({
    kind: operation,
    role: 'operator',
    request: requestSchema,
    target: (context) => byName(namedHost(context)),
    resource: { onHost: ({ request }) => resourceOnHost(request.name) },
    status: 'pending',
    arguments: ({ request }) => ({ id: newId(), kind, name: request.name, desired }),
    guards: [
      {
        id: 'unknown_orphan',
        holds: `EXISTS (SELECT 1 FROM orphans o WHERE ${isOrphan})`,
        problem: ({ request }) => unknownOrphan(kind, request.name),
      },
    ],
    rows: [insertRow, `DELETE FROM orphans AS o WHERE ${isOrphan}`],
    subjects: [ownSubject],
    constraints: [
      {
        violated: isOwned,
        problem: ({ request }) => new Problem('conflict', `${kind} ${request.name} is no orphan: weft knows it`),
      },
    ],
  });
}

function unknownOrphan(kind: string, name: string): Problem {
  return new Problem('not_found', `No orphan of kind ${kind} is called ${name}`, {
    hint: 'GET /hypervisors/{id}/orphans lists those that the last scan has found',
    errors: [{ parameter: 'name', detail: `${kind} ${name} not found` }],
  });
}

/** The commands on orphans of one kind. */
interface Decisions {
  readonly adopt: Command<OrphanRequest>;
  readonly delete: Command<OrphanRequest>;
}

const byKind: ReadonlyMap<string, Decisions> = new Map(
  resources.flatMap(({ listedOrphans: orphans }) =>
    orphans === undefined
      ? []
      : [
          [
            orphans.kind,
            {
              adopt: decision(orphans, orphans.adopt, 'present'),
              delete: decision(orphans, orphans.discard, 'absent'),
            },
          ] as const,
        ],
  ),
);

/** The commands on orphans that are only listed. */
export const decideOrphans = [...byKind.values()].flatMap((each) => [each.adopt, each.delete]);

/** Throws a 404 for a kind whose orphans a person need not decide about. */
export function decisionsOn(kind: string): Decisions {
  const found = byKind.get(kind);
  if (found !== undefined) return found;
  throw new Problem('not_found', `Orphans of kind ${kind} are not decided about one by one`, {
    hint: `Those of kind ${[...byKind.keys()].join(', ')} are; DELETE /hypervisors/{id}/orphans removes all others`,
    errors: [{ parameter: 'kind', detail: `must be ${[...byKind.keys()].join(' or ')}` }],
  });
}
