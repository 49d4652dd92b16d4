import { statement } from '../../database/database.ts';
import {
  type Changed,
  type ClaimedOperation,
  type IdlePage,
  type IdleRows,
  ownerOf,
  purgeTables,
  type Query,
  query,
  type ResourceDefinition,
} from '../definition.ts';
import { type DomainEnd, finishDomain } from './finish.ts';
import { rollbackDomains } from './rollback.ts';
import {
  type DomainRow,
  type DomainSettings,
  domainOfSubject,
  domainResource,
  domainSubject,
  domainSubjectOf,
  type ReadRow,
  rowColumns,
  rowOf,
  selectSettings,
  settingsOf,
  type WantedDomain,
  wantedOf,
} from './rows.ts';
import {
  ADOPT_DOMAIN,
  CREATE_DOMAIN,
  DELETE_DOMAIN,
  DISCARD_DOMAIN,
  POWER_DOMAIN,
  REPAIR_DOMAIN,
  specAfter,
  UNKNOWN_SPEC,
  UPDATE_DOMAIN,
} from './spec.ts';

const operations: ResourceDefinition['operations'] = {
  [CREATE_DOMAIN]: { onFailure: 'undo' },
  [DELETE_DOMAIN]: { onFailure: 'repair' },
  [POWER_DOMAIN]: { onFailure: 'undo' },
  [UPDATE_DOMAIN]: { onFailure: 'undo' },
  [ADOPT_DOMAIN]: { onFailure: 'undo' },
  [DISCARD_DOMAIN]: { onFailure: 'repair' },
  [REPAIR_DOMAIN]: { onFailure: 'repair' },
};

/** What an operation does to its domain, as of its own place in the order. */
export interface DomainRows {
  readonly name: string;
  /** Undefined: it was deleted, or never made. */
  readonly row: DomainRow | undefined;
  /** What was there before it; null: nothing. */
  readonly before: WantedDomain | null;
  /** What is to be there after it; null: nothing. For an adoption that is known only to the host. */
  readonly after: WantedDomain | null;
  readonly settings: DomainSettings;
}

/** A domain that no operation is changing. */
export interface IdleDomain {
  readonly row: DomainRow;
  /** Null: it is to be gone. */
  readonly wanted: WantedDomain | null;
  readonly settings: DomainSettings;
}

const selectNamed = `
  SELECT ${rowColumns} FROM json_each(:names) j
  CROSS JOIN domains d ON d.hypervisor = :hypervisor AND d.name = j.value`;

const isBusy = `EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${domainSubject}) AS busy`;

const selectAll = `
  SELECT ${rowColumns}, ${isBusy} FROM domains d WHERE d.hypervisor = :hypervisor ORDER BY d.created_ms, d.id`;

const selectChanged = `
  SELECT ${rowColumns}, ${isBusy} FROM json_each(:ids) j
  CROSS JOIN domains d ON d.id = j.value AND d.hypervisor = :hypervisor`;

const ID_AT = domainResource('').length + 1;

/** Virtual machines. */
export const domainsDefinition: ResourceDefinition<DomainRows, IdleDomain, DomainEnd> = {
  name: 'domains',
  technology: 'libvirt',
  operations,
  repair: () => REPAIR_DOMAIN,

  load(hypervisor, claimed) {
    const names = JSON.stringify([...new Set(claimed.map(({ resource }) => domainOfSubject(resource)))]);
    return query(
      [statement<ReadRow>(selectNamed, { hypervisor, names }), selectSettings(hypervisor)],
      ([rows, [config]]) => {
        const byName = new Map(rows.map((row) => [row.name, rowOf(row)]));
        const settings = settingsOf(config);
        return (operation) => {
          const name = domainOfSubject(operation.resource);
          return { name, settings, ...changeOf(operation, byName.get(name)) };
        };
      },
    );
  },

  loadIdle,
  finish: (finished) => finishDomain(finished, operations[finished.operation.kind] ?? { onFailure: 'undo' }),
  owners: [
    `SELECT 1 FROM domains d
      WHERE d.id = substr(j.value ->> 'resource', ${ID_AT}) AND j.value ->> 'kind' = 'domain'`,
  ],
  listedOrphans: {
    kind: 'domain',
    adopt: ADOPT_DOMAIN,
    discard: DISCARD_DOMAIN,
    // Its label says what its id is.
    insertRow: `
      INSERT INTO domains (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms)
      SELECT substr(x.label, instr(x.label, '/domains/') + length('/domains/'), 36), o.hypervisor, :name,
        '${JSON.stringify(UNKNOWN_SPEC)}', 0, :desired, 'pending', o.created_ms, o.created_ms
      FROM operations o CROSS JOIN orphans x ON x.hypervisor = o.hypervisor AND x.kind = 'domain' AND x.place = '' AND x.name = :name
      WHERE o.id = :operation`,
    isOwned: 'domains.',
    resourceOnHost: (name) => domainSubjectOf('', name).slice('hypervisors/'.length),
  },
  rollback: rollbackDomains,
  purge: purgeTables('domains', 'foreign_domains'),
  contents: [{ table: 'domains', words: ['domain', 'domains'] }],
  placedTogether: ['domains'],
};

function changeOf(
  operation: ClaimedOperation,
  found: DomainRow | undefined,
): Pick<DomainRows, 'row' | 'before' | 'after'> {
  const removes = operation.kind === DELETE_DOMAIN || operation.kind === DISCARD_DOMAIN;
  // A domain that is wanted was asked for after the one that is to be deleted had gone.
  const row = removes && found?.desired === 'present' ? undefined : found;
  if (row === undefined) return { row, before: null, after: null };
  const spec = operation.kind === REPAIR_DOMAIN && row.desired === 'absent' ? null : specAfter(operation, row.applied);
  return {
    row,
    before: row.applied && wantedOf(row, row.applied),
    after: spec && wantedOf(row, spec),
  };
}

function loadIdle(hypervisor: string, changed: Changed): Query<IdlePage<IdleDomain>> | null {
  const prefix = domainResource('');
  const ids =
    changed === 'all' ? [] : changed.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  if (changed !== 'all' && ids.length === 0) return null;
  const select = changed === 'all' ? selectAll : selectChanged;
  return query(
    [
      statement<ReadRow & { readonly busy: number }>(select, { hypervisor, ids: JSON.stringify(ids) }),
      selectSettings(hypervisor),
    ],
    ([rows, [config]]) => {
      const settings = settingsOf(config);
      return {
        idle: rows.filter(({ busy }) => busy === 0).map((row) => idleOf(hypervisor, row, settings)),
        busy: changed === 'all' ? [] : rows.filter(({ busy }) => busy === 1).map(({ id }) => domainResource(id)),
        next: null,
      };
    },
  );
}

function idleOf(
  hypervisor: string,
  { busy: _, ...read }: ReadRow & { readonly busy: number },
  settings: DomainSettings,
): IdleRows<IdleDomain> {
  const row = rowOf(read);
  const subject = domainSubjectOf(hypervisor, row.name);
  const resource = domainResource(row.id);
  return {
    subject,
    generation: row.generation,
    subjects: [subject],
    eventNames: [resource],
    owners: [ownerOf('domain', resource, null)],
    rows: { row, wanted: row.desired === 'absent' ? null : wantedOf(row, row.spec), settings },
  };
}
