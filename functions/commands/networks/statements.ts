import { now, type Statement, statement, type Value } from '../../../schema/database/database.ts';
import { memoize } from '../../../schema/database/memoize.ts';
import { linkName, shortName } from '../../../schema/names.ts';
import { cenSubject } from '../../../schema/resources/network/rollback.ts';
import { type Constraint, type Guard, guard, type MakeProblem } from '../../operations/guard.ts';
import { partColumns, partValues } from '../../operations/intent.ts';
import { idSeries } from '../../operations/new-id.ts';
import { capableOf, hypervisor, type Target } from '../../operations/targets/target.ts';
import { censCalled, type Scope, scopeOf } from '../cens/places.ts';
import { linkConflict, type RequestedNames } from './link-conflict.ts';
import {
  addMembers,
  allocateOutsideNames,
  countParts,
  forgetRemovedMembers,
  freeForgottenNames,
  moveMembers,
  noneTooLarge,
  partCens,
  partContainers,
  removeOtherMembers,
} from './member-statements.ts';
import { operationSequence } from './operation-sequence.ts';
import { cenFull, noNamespaces, noNumberLeft, onOtherHypervisor } from './problems.ts';

/** A CEN of a request, and the containers that are to be in it. */
export interface Membership {
  readonly cen: string;
  readonly containers: readonly string[];
}

export interface NetworkRequest {
  readonly operation: string;
  readonly on: Target;
  readonly memberships: readonly Membership[];
  /** Containers besides those of the memberships. */
  readonly containers?: readonly string[];
  /**
   * `declare`: the request is true once it is recorded, and a list is the whole membership. `make`: what it adds is
   * freed again when the host cannot have it, and members come after those that are there.
   */
  readonly mode: 'declare' | 'make';
}

type Arguments = Readonly<Record<string, Value>>;

/**
 * The statements that networks are declared with, over one set of arguments: containers and CENs that are not there
 * yet, their names on the host, and their memberships. All work on lists: a thousand containers cost what one does.
 */
export class NetworkStatements {
  readonly #args: Arguments;
  readonly #on: Target;
  readonly #requested: Required<RequestedNames>;

  constructor({ operation, on, memberships, containers = [], mode }: NetworkRequest) {
    const nextId = idSeries();
    const names = new Set([...containers, ...memberships.flatMap((membership) => membership.containers)]);
    this.#on = on;
    this.#requested = { cens: memberships.map(({ cen }) => cen), containers: [...names] };
    this.#args = {
      operation,
      declared: mode === 'declare' ? 1 : 0,
      containers: JSON.stringify([...names].map((name) => ({ name, id: nextId(), short: shortName(name) }))),
      cens: JSON.stringify(
        memberships.map(({ cen, containers: members }) => ({
          name: cen,
          id: nextId(),
          link: linkName(cen),
          part: nextId(),
          members,
        })),
      ),
    };
  }

  guardHypervisor(problem: MakeProblem = this.#on.problem): Guard {
    return guard('hypervisor', `${hypervisor} IS NOT NULL`, this.#args, problem);
  }

  /** The hypervisor's executor can make namespaces. */
  guardCapable(): Guard {
    return guard('no_netns', capableOf('netns'), this.#args, (database) => noNamespaces(database, this.#on));
  }

  declareContainers(): Statement<never> {
    return this.#statement(declareContainers);
  }

  declareCens(): Statement<never> {
    return this.#statement(declareCens);
  }

  /** Allots the names of namespaces and bridges; a name that something else of ours has aborts the batch. */
  allocateNames(): Statement<never>[] {
    return [this.#statement(allocateNamespaces), this.#statement(allocateBridges)];
  }

  /** Makes parts of the operation, one for each CEN of the request that `condition` (over `n`, its row) chooses. */
  insertParts(kind: string, condition = 'true'): Statement<never> {
    return statement(insertParts(condition), { ...this.#args, kind });
  }

  /** As {@link insertParts}, each where its CEN is; `host`: where that is to be. */
  insertPartsAnywhere(kind: string, host: string | null): Statement<never> {
    return statement(insertPartsIn(scopeOf(host)), { ...this.#args, kind, host });
  }

  /** A CEN of that name is nowhere else, unless it is here, too: its containers live on one hypervisor. */
  guardOneHost(): Guard {
    return guard('elsewhere', `NOT EXISTS (${elsewhere})`, this.#args, (database) =>
      onOtherHypervisor(database, this.#requested.cens),
    );
  }

  removeOtherMembers(): Statement<never> {
    return this.#statement(removeOtherMembers);
  }

  /** Members whose removal needs no host go at once. */
  forgetRemovedMembers(): Statement<never>[] {
    return [this.#statement(freeForgottenNames), this.#statement(forgetRemovedMembers)];
  }

  addMembers(): Statement<never>[] {
    return [
      ...(this.#args.declared === 1 ? [this.#statement(moveMembers)] : []),
      this.#statement(addMembers),
      this.#statement(allocateOutsideNames),
    ];
  }

  /** A CEN that gets members one by one stays below the limit, too, that a list of them has. */
  guardSizes(): Guard {
    return guard('cen_full', noneTooLarge, this.#args, () => cenFull(this.#requested.cens));
  }

  /** The subjects of every part: its CEN, and the containers that `which` (over `m`, a membership) chooses. */
  partSubjects(which: string): Statement<never>[] {
    return [this.#statement(partCens), this.#statement(partContainers(which))];
  }

  /** Counts the containers of each part's CEN as its work. */
  countParts(): Statement<never> {
    return this.#statement(countParts);
  }

  /** An operation with parts ends with the last of them; one without is done when it is recorded. */
  finishWithoutParts(): Statement<never> {
    return this.#statement(finishWithoutParts);
  }

  /** A name on the host that something else of ours has, and a container whose numbers are used up. */
  get constraints(): Constraint[] {
    return [
      { violated: 'members.ordinal', problem: noNumberLeft },
      { violated: 'host_names', problem: (database) => linkConflict(database, this.#on, this.#requested) },
    ];
  }

  #statement(sql: string): Statement<never> {
    return statement(sql, this.#args);
  }
}

/** A row that waits for its removal and is asked for again stays: the removal finds it wanted. */
const declareContainers = `
  INSERT INTO containers (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, short_name)
  SELECT value ->> 'id', ${hypervisor}, value ->> 'name', json_object('explicit', json('false'), 'tag', NULL),
    CASE WHEN :declared THEN '{"namespace":false}' END, 1, 'present', 'declared', ${now}, ${now}, value ->> 'short'
  FROM json_each(:containers) WHERE true
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', spec = excluded.spec, generation = generation + 1
  WHERE desired = 'absent'`;

const declareCens = `
  INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
  SELECT value ->> 'id', ${hypervisor}, value ->> 'name', '{"made":false}', CASE WHEN :declared THEN '{"made":false}' END, 1, 'present', 'pending',
    ${now}, ${now}, value ->> 'link'
  FROM json_each(:cens) WHERE true
  ON CONFLICT (hypervisor, name) DO UPDATE SET desired = 'present', generation = generation + 1
  WHERE desired = 'absent'`;

const elsewhere = `
  SELECT 1 FROM json_each(:cens) j
  WHERE NOT EXISTS (
      SELECT 1 FROM cens x WHERE x.hypervisor = ${hypervisor} AND x.name = j.value ->> 'name' AND x.desired = 'present')
    AND EXISTS (
      SELECT 1 FROM cens n WHERE n.name = j.value ->> 'name' AND n.hypervisor <> ${hypervisor} AND n.desired = 'present')`;

const allocateNamespaces = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT c.hypervisor, 'namespace', c.name, c.id
  FROM json_each(:containers) j
  CROSS JOIN containers c ON c.hypervisor = ${hypervisor} AND c.name = j.value ->> 'name'
  WHERE NOT EXISTS (SELECT 1 FROM host_names WHERE hypervisor = c.hypervisor AND kind = 'namespace' AND name = c.name AND owner = c.id)`;

const allocateBridges = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT n.hypervisor, 'link', n.link_name, n.id
  FROM json_each(:cens) j
  CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  WHERE NOT EXISTS (SELECT 1 FROM host_names WHERE hypervisor = n.hypervisor AND kind = 'link' AND name = n.link_name AND owner = n.id)`;

function insertParts(condition: string): string {
  return `
    INSERT INTO operations (id, kind, resource, request, total, ${partColumns})
    SELECT j.value ->> 'part', :kind, ${cenSubject}, json_object('cenID', n.name), 0, ${partValues}
    FROM json_each(:cens) j
    CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
    CROSS JOIN operations p ON p.id = :operation
    WHERE ${condition}
    ORDER BY j.key`;
}

const insertPartsIn = memoize(
  (scope: Scope) => `
    INSERT INTO operations (id, kind, resource, request, total, ${partColumns})
    SELECT j.value ->> 'part', :kind, ${cenSubject}, json_object('cenID', n.name), 0, ${partValues}
    FROM json_each(:cens) j CROSS JOIN ${censCalled("j.value ->> 'name'", scope)}
    CROSS JOIN operations p ON p.id = :operation
    ORDER BY j.key`,
);

const finishWithoutParts = `
  UPDATE operations SET status = 'succeeded', finished_ms = ${now}
  WHERE id = :operation AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = ${operationSequence})`;
