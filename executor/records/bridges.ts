import { type Database, type Rows, type Statement, statement } from '../../schema/database/database.ts';
import { label } from '../../schema/names.ts';
import type { ProblemDetails } from '../../schema/problem.ts';
import type { Bridges, InterfaceWish, ObservedBridges } from '../kinds/bridges/desired.ts';
import { isNoted, type Verdict, verdicts } from '../kinds/bridges/verdict.ts';
import type { Change } from '../kinds/resource.ts';
import { type AssociationRow, type BridgesRow, selectBridgesRows } from './bridges-rows.ts';
import { loading, type Records, selectLast } from './records.ts';

const REPAIR = 'bridges.repair';

export interface BridgesOf {
  readonly databaseId: string;
  readonly hypervisor: string;
  /** The resource: `hypervisors/<id>/bridges`. */
  readonly subject: string;
}

/**
 * The rows of a hypervisor's associations with subnets. What is wanted is what they say at the time, whatever
 * operation asks; what became of each stands in its own row, so that one that can't be fails no other.
 */
export function bridgesRecords(
  database: Database,
  { databaseId, hypervisor, subject }: BridgesOf,
  /** Told the interfaces that are wanted, whenever they were read. */
  read: (interfaces: readonly string[]) => void = () => undefined,
): Records<Bridges, ObservedBridges> {
  const select = selectBridgesRows(hypervisor, subject);

  function bridgesOf([associations, [bridges]]: Rows<typeof select>): {
    busy: boolean;
    desired: (patient: boolean) => Bridges;
  } {
    const { keep, busy, resting }: BridgesRow = bridges ?? { keep: 1, busy: 0, resting: 0 };
    const wishes = (patient: boolean) => interfacesOf(associations, patient && resting === 1);
    read(wishes(false).map(({ name }) => name));
    return {
      busy: busy === 1,
      desired: (patient) => ({ label: label(databaseId, subject), interfaces: wishes(patient), keep: keep === 1 }),
    };
  }

  return {
    load: (operations) =>
      loading(select, (rows) => {
        const { desired } = bridgesOf(rows);
        return new Map(
          operations.map(({ sequence, kind }): [number, Change<Bridges>] => {
            const after = desired(kind === REPAIR);
            // A cancelled operation takes no row back: what they say is wanted before and after it.
            const total = Math.max(1, after.interfaces.length);
            return [sequence, { before: after, after, total }];
          }),
        );
      }),

    settle(_operation, { after }, ending, observed) {
      if (ending.status === 'failed') return [noteFailure(hypervisor, after, ending.error)];
      return observed ? [noteVerdicts(hypervisor, verdicts(after, observed))] : [];
    },

    async loadResting(touched) {
      if (touched !== 'all' && !touched.includes(subject)) return { resting: [], busy: [], since: 0 };
      const [associations, bridges, [last]] = await database.read([...select, selectLast], { call: 'look.bridges' });
      const { busy, desired } = bridgesOf([associations, bridges]);
      const since = last?.last ?? 0;
      if (busy) return { resting: [], busy: touched === 'all' ? [] : [subject], since };
      return {
        resting: [{ subject, generation: 0, subjects: [subject], touchedBy: [subject], desired: desired(true) }],
        busy: [],
        since,
      };
    },

    findOrphans: async () => [],

    isNoted,
  };
}

/** Associations may share an interface. What is in the way is looked at again each time; a refusal has to rest. */
function interfacesOf(associations: readonly AssociationRow[], resting: boolean): InterfaceWish[] {
  return [...Map.groupBy(associations, (row) => row.interface)].map(([name, rows]) => ({
    name,
    noted: rows.map(({ state, error }) => ({ state, error })),
    resting: resting && rows.every(isRefused),
  }));
}

function isRefused({ state, error }: AssociationRow): boolean {
  const problem: Partial<ProblemDetails> | null = error === null ? null : JSON.parse(error);
  return state === 'failed' && problem?.code !== 'conflict';
}

const note = `
  UPDATE subnet_interfaces SET state = x.value ->> 'state', error = x.value ->> 'error'
  FROM json_each(:verdicts) x
  WHERE subnet_interfaces.hypervisor = :hypervisor AND subnet_interfaces.interface = x.value ->> 'name'`;

function noteVerdicts(hypervisor: string, found: readonly Verdict[]): Statement {
  return statement(note, { hypervisor, verdicts: JSON.stringify(found) });
}

const fail = `
  UPDATE subnet_interfaces SET state = 'failed', error = :error
  WHERE hypervisor = :hypervisor AND state = 'pending' AND interface IN (SELECT value FROM json_each(:interfaces))`;

/** What was ready may be so still: the next look says. */
function noteFailure(hypervisor: string, { interfaces }: Bridges, error: ProblemDetails): Statement {
  const names = interfaces.map(({ name }) => name);
  return statement(fail, { hypervisor, error: JSON.stringify(error), interfaces: JSON.stringify(names) });
}
