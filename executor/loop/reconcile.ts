import { v7 } from 'uuid';
import { clearGuards, type Database, now, type Statement, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import type { Kind } from '../kinds.ts';
import type { Resting } from '../records/records.ts';
import { fence, type Registration } from './registration.ts';

/** How often the whole host is compared with what is wanted, whatever events said. */
export const SCAN_MS = 30_000;

const REPAIR_DEADLINE_MS = 600_000;

/** A repair that goes on failing is tried less and less often. */
const LONGEST_PAUSE_SCANS = 20;

/** What a scan remembers of a resource that differs: how often in a row, and how many scans it still sits out. */
interface Difference {
  count: number;
  pause: number;
}

/** Compares the whole host with the wanted state and files a repair for each resource that differs. */
export class Reconciler {
  readonly #database: Database;
  readonly #registration: Registration;
  readonly #kinds: readonly Kind[];
  #differences = new Map<string, Difference>();

  constructor(database: Database, registration: Registration, kinds: readonly Kind[]) {
    this.#database = database;
    this.#registration = registration;
    this.#kinds = kinds;
  }

  /** Returns the subjects that a repair was filed for. */
  async scan(): Promise<string[]> {
    const differing: { kind: string; resting: Resting<unknown> }[] = [];
    for (const { records, resource } of this.#kinds) {
      const resting = await records.loadResting();
      const observed = await resource.observeAll();
      for (const each of resting) {
        if (differs(resource, each.desired, observed))
          differing.push({ kind: records.repairKind(each.subject), resting: each });
      }
    }
    const due = this.#due(differing);
    await this.#file(due);
    return due.map(({ resting }) => resting.subject);
  }

  #due<Each extends { resting: Resting<unknown> }>(differing: readonly Each[]): Each[] {
    const differences = new Map<string, Difference>();
    const due = differing.filter(({ resting: { subject } }) => {
      const { count, pause } = this.#differences.get(subject) ?? { count: 0, pause: 0 };
      differences.set(
        subject,
        pause > 0
          ? { count, pause: pause - 1 }
          : { count: count + 1, pause: Math.min(2 ** count - 1, LONGEST_PAUSE_SCANS) },
      );
      return pause === 0;
    });
    this.#differences = differences;
    return due;
  }

  async #file(repairs: readonly { kind: string; resting: Resting<unknown> }[]): Promise<void> {
    const { hypervisor } = this.#registration;
    const statements = repairs.flatMap(({ kind, resting }) => repairStatements(hypervisor, kind, resting));
    await this.#database.write([
      fence(this.#registration),
      statement(`UPDATE hypervisors SET scanned_ms = ${now} WHERE id = :hypervisor`, { hypervisor }),
      ...statements,
      clearGuards,
    ]);
  }
}

/** Something foreign in the way differs too: the repair then says what it is. */
function differs<Desired, Observed>(resource: Kind['resource'], desired: Desired, observed: Observed): boolean {
  try {
    return resource.plan(desired, observed).length > 0;
  } catch (error) {
    if (error instanceof Problem) return true;
    throw error;
  }
}

/** One unfinished repair for a resource; it waits for whatever else changes the other subjects. */
const undisturbed = 'NOT EXISTS (SELECT 1 FROM operation_subjects WHERE subject = :subject)';

const insertRepair = `
  INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms,
    attempt, done, total, principal, created_ms)
  SELECT :operation, :hypervisor, :kind, :subject, '{}', :generation, 'pending', ${now}, ${now} + ${REPAIR_DEADLINE_MS},
    0, 0, 1, 'executor', ${now}
  WHERE ${undisturbed}`;

const insertSubjects = `
  INSERT INTO operation_subjects (subject, sequence)
  SELECT j.value, o.sequence FROM operations o, json_each(:subjects) j WHERE o.id = :operation`;

const insertEvent = `
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT created_ms, hypervisor, 'operation.accepted', resource, json_object('operation', id, 'kind', kind)
  FROM operations WHERE id = :operation`;

function repairStatements(hypervisor: string, kind: string, resting: Resting<unknown>): Statement[] {
  const args = {
    operation: v7(),
    hypervisor,
    kind,
    subject: resting.subject,
    generation: resting.generation,
    subjects: JSON.stringify(resting.subjects),
  };
  return [insertRepair, insertSubjects, insertEvent].map((sql) => statement(sql, args));
}
