import { CEN_CONTAINERS_MAX } from '../../../schema/api/leviathan.ts';
import { guard, now, type Statement, statement, type Value } from '../../../schema/database/database.ts';
import { linkName, shortName } from '../../../schema/names.ts';
import { cenSubject, containerSubject } from '../../../schema/statements/networks.ts';
import { capableOf, hypervisor, isNamed } from '../../intent/choice.ts';
import { partColumns, partValues } from '../../intent/intent.ts';
import { newId } from '../../intent/new-id.ts';

/** A CEN of a request, and the containers that are to be in it. */
export interface Membership {
  readonly cen: string;
  readonly containers: readonly string[];
}

export interface NetworkRequest {
  readonly operation: string;
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

  constructor({ operation, memberships, containers = [], mode }: NetworkRequest) {
    const names = new Set([...containers, ...memberships.flatMap((membership) => membership.containers)]);
    this.#args = {
      operation,
      declared: mode === 'declare' ? 1 : 0,
      containers: JSON.stringify([...names].map((name) => ({ name, id: newId(), short: shortName(name) }))),
      cens: JSON.stringify(
        memberships.map(({ cen, containers: members }) => ({
          name: cen,
          id: newId(),
          link: linkName(cen),
          part: newId(),
          members,
        })),
      ),
    };
  }

  guardHypervisor(): Statement<never> {
    return guard('hypervisor', `${hypervisor} IS NOT NULL`, this.#args);
  }

  /** The hypervisor's executor can make namespaces. */
  guardCapable(): Statement<never> {
    return guard('no_netns', capableOf('netns'), this.#args);
  }

  declareContainers(): Statement<never> {
    return this.#statement(declareContainers);
  }

  declareCens(): Statement<never> {
    return this.#statement(declareCens);
  }

  /** Allots the names of namespaces and bridges; a name that something else of ours has aborts the batch. */
  allotNames(): Statement<never>[] {
    return [this.#statement(allotNamespaces), this.#statement(allotBridges)];
  }

  /** Makes parts of the operation, one for each CEN of the request that `condition` (over `n`, its row) chooses. */
  insertParts(kind: string, condition = 'true'): Statement<never> {
    return statement(insertParts(condition), { ...this.#args, kind });
  }

  /** As {@link insertParts}, each where its CEN is; `host`: where that is to be. */
  insertPartsAnywhere(kind: string, host: string | null): Statement<never> {
    return statement(insertPartsAnywhere, { ...this.#args, kind, host });
  }

  /** A CEN of that name is nowhere else, unless it is here, too: its containers live on one hypervisor. */
  guardOneHost(): Statement<never> {
    return guard('elsewhere', `NOT EXISTS (${elsewhere})`, this.#args);
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
      this.#statement(moveMembers),
      this.#statement(addMembers),
      guard(
        'too_many_networks',
        `NOT EXISTS (SELECT 1 FROM ${requested} WHERE NOT EXISTS (${currentMember}))`,
        this.#args,
      ),
      this.#statement(allotOutsideNames),
    ];
  }

  /** A CEN that gets members one by one stays below the limit, too, that a list of them has. */
  guardSizes(): Statement<never> {
    return guard('cen_full', `NOT EXISTS (${tooLarge})`, this.#args);
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

  #statement(sql: string): Statement<never> {
    return statement(sql, this.#args);
  }
}

export const operationSequence = '(SELECT sequence FROM operations WHERE id = :operation)';

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
  SELECT 1 FROM json_each(:cens) j CROSS JOIN hypervisors h
  CROSS JOIN cens n ON n.hypervisor = h.id AND n.name = j.value ->> 'name' AND n.desired = 'present'
  WHERE h.id <> ${hypervisor} AND NOT EXISTS (
    SELECT 1 FROM cens x WHERE x.hypervisor = ${hypervisor} AND x.name = j.value ->> 'name' AND x.desired = 'present')`;

const allotNamespaces = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT c.hypervisor, 'namespace', c.name, c.id
  FROM json_each(:containers) j
  CROSS JOIN containers c ON c.hypervisor = ${hypervisor} AND c.name = j.value ->> 'name'
  WHERE NOT EXISTS (SELECT 1 FROM host_names WHERE hypervisor = c.hypervisor AND kind = 'namespace' AND name = c.name AND owner = c.id)`;

const allotBridges = `
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
    JOIN operations p ON p.id = :operation
    WHERE ${condition}
    ORDER BY j.key`;
}

const insertPartsAnywhere = `
  INSERT INTO operations (id, kind, resource, request, total, ${partColumns})
  SELECT j.value ->> 'part', :kind, ${cenSubject}, json_object('cenID', n.name), 0, ${partValues}
  FROM json_each(:cens) j CROSS JOIN hypervisors h
  CROSS JOIN cens n ON n.hypervisor = h.id AND n.name = j.value ->> 'name' AND n.desired = 'present'
  JOIN operations p ON p.id = :operation
  WHERE :host IS NULL OR ${isNamed('h')}
  ORDER BY j.key`;

/** The part that changes a CEN of the request (`j`), or where it has none the operation itself. */
const partSequence = `coalesce((SELECT o.sequence FROM operations o WHERE o.id = j.value ->> 'part'), ${operationSequence})`;

const removeOtherMembers = `
  UPDATE members SET removed = x.sequence
  FROM (
    SELECT n.id AS cen, j.value -> 'members' AS listed, ${partSequence} AS sequence
    FROM json_each(:cens) j CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  ) x
  WHERE members.cen = x.cen AND members.removed IS NULL
    AND (SELECT name FROM containers WHERE id = members.container) NOT IN (SELECT value FROM json_each(x.listed))`;

const freeForgottenNames = `
  DELETE FROM host_names WHERE owner IN (SELECT 'members/' || id FROM members WHERE removed = ${operationSequence})`;

const forgetRemovedMembers = `DELETE FROM members WHERE removed = ${operationSequence}`;

/*
 * CROSS JOIN is SQLite's way to fix the order of a join: from the request's list to the rows by their keys. Left to
 * itself the planner, which knows nothing of a list's length, goes through all rows for each entry of it.
 */

/** What the request wants to be a member: CEN, container, place in the list, and whose change it is. */
const requested = `(
  SELECT n.id AS cen, c.id AS container, c.name, c.short_name, j.key AS turn, ${partSequence} AS sequence,
    m.key + CASE WHEN :declared THEN 0 ELSE coalesce((SELECT max(position) + 1 FROM members WHERE cen = n.id), 0) END AS position
  FROM json_each(:cens) j
  CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  CROSS JOIN json_each(j.value, '$.members') m
  CROSS JOIN containers c ON c.hypervisor = n.hypervisor AND c.name = m.value
) r`;

const currentMember = `SELECT 1 FROM members x WHERE x.cen = r.cen AND x.container = r.container AND x.removed IS NULL`;

const tooLarge = `
  SELECT 1 FROM json_each(:cens) j CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = j.value ->> 'name'
  WHERE (SELECT count(*) FROM members m WHERE m.cen = n.id AND m.removed IS NULL) > ${CEN_CONTAINERS_MAX}`;

const moveMembers = `
  UPDATE members SET position = r.position FROM ${requested}
  WHERE :declared AND members.cen = r.cen AND members.container = r.container AND members.removed IS NULL
    AND members.position <> r.position`;

/**
 * The n of `<container>.<n>o` is the lowest that is free for the container; several that one request adds get
 * several, in the order of the request.
 */
const addMembers = `
  INSERT INTO members (cen, container, position, ordinal, outside, added)
  WITH RECURSIVE
  numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < 999),
  wanted AS MATERIALIZED (
    SELECT r.*, row_number() OVER (PARTITION BY r.container ORDER BY r.turn) AS nth
    FROM ${requested} WHERE NOT EXISTS (${currentMember})
  ),
  used AS MATERIALIZED (
    SELECT w.container, count(*) + (SELECT count(*) FROM members u WHERE u.container = w.container) AS size
    FROM wanted w GROUP BY w.container
  ),
  free AS MATERIALIZED (
    SELECT used.container, n, row_number() OVER (PARTITION BY used.container ORDER BY n) AS nth
    FROM used JOIN numbers ON n < used.size
    WHERE NOT EXISTS (SELECT 1 FROM members u WHERE u.container = used.container AND u.ordinal = n)
  )
  SELECT w.cen, w.container, w.position, free.n,
    CASE WHEN length(w.name) + length(free.n) + 2 <= 15 THEN w.name ELSE w.short_name END || '.' || free.n || 'o',
    w.sequence
  FROM wanted w JOIN free ON free.container = w.container AND free.nth = w.nth
  ORDER BY w.turn, w.position`;

const allotOutsideNames = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT n.hypervisor, 'link', m.outside, 'members/' || m.id
  FROM members m JOIN cens n ON n.id = m.cen
  WHERE (m.added = ${operationSequence} OR m.added IN (SELECT sequence FROM operations WHERE parent = ${operationSequence}))
    AND m.removed IS NULL`;

const partCens = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT resource, sequence FROM operations WHERE parent = ${operationSequence}`;

/** The parts of this operation, each with its CEN. */
const parts = `
  json_each(:cens) j
  CROSS JOIN operations o ON o.id = j.value ->> 'part'
  CROSS JOIN cens n ON n.hypervisor = o.hypervisor AND n.name = j.value ->> 'name'`;

function partContainers(which: string): string {
  return `
    INSERT INTO operation_subjects (subject, sequence)
    SELECT DISTINCT ${containerSubject}, o.sequence
    FROM ${parts}
    JOIN members m ON m.cen = n.id
    JOIN containers c ON c.id = m.container
    WHERE ${which}`;
}

const countParts = `
  UPDATE operations SET total = x.total
  FROM (
    SELECT o.sequence, (SELECT count(*) FROM members m WHERE m.cen = n.id AND m.removed IS NULL) AS total FROM ${parts}
  ) x
  WHERE operations.sequence = x.sequence`;

const finishWithoutParts = `
  UPDATE operations SET status = 'succeeded', finished_ms = ${now}
  WHERE id = :operation AND NOT EXISTS (SELECT 1 FROM operations c WHERE c.parent = ${operationSequence})`;
