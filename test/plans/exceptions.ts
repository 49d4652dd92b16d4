import type { Scan } from './scans.ts';

/** A permitted scan, and the reason. */
export interface Exception {
  readonly table: string;
  /** A part of the statement, with single spaces; none: every statement. */
  readonly statement?: string;
  readonly reason: string;
}

/*
 * `hypervisors` has only a row for each executor, whatever that holds: a scan of it is nevertheless a separate
 * exception wherever it is executed often.
 */
export const exceptions: readonly Exception[] = [
  { table: 'database', reason: 'it has one row' },
  { table: 'migrations', reason: 'it has a row for each file of schema/migrations, and is read at a start' },
  {
    table: 'hypervisors',
    statement: '(SELECT count(*) FROM hypervisors) = 1',
    reason: 'what names no hypervisor is placed on the best of all',
  },
  {
    table: 'hypervisors',
    statement: 'SELECT CASE count(*) WHEN 1 THEN max(h.id) END FROM hypervisors h WHERE ',
    reason: 'an image without a hypervisor in its path is for the only one that can have images',
  },
  {
    table: 'hypervisors',
    statement: 'AS capable FROM hypervisors h ORDER BY h.created_ms, h.name',
    reason: 'a refusal names the hypervisors that can have an image',
  },
  { table: 'hypervisors', statement: ' AS lacks, ', reason: 'a refusal says of each hypervisor why it is not taken' },
  {
    table: 'hypervisors',
    statement: 'SELECT id, name FROM hypervisors ORDER BY created_ms',
    reason: 'a refusal names the hypervisors that there are',
  },
  {
    table: 'hypervisors',
    statement: "SELECT name, capabilities ->> '$.spp.reason' AS reason FROM hypervisors",
    reason: 'a refusal says why no hypervisor has SPP',
  },
  { table: 'hypervisors', statement: 'SELECT name, held, capabilities', reason: '/readyz tells of each hypervisor' },
  {
    table: 'hypervisors',
    statement: 'AND o.attempt = 0 AND o.deadline_ms <= t.now',
    reason: 'of each dead hypervisor the operations that wait are found by an index, now and then',
  },
  {
    table: 'hypervisors',
    statement: 'CROSS JOIN spp_processes p ON p.hypervisor = h.id',
    reason: 'an SPP process without a hypervisor in its path is looked for on all that are alive',
  },
  {
    table: 'hypervisors',
    statement: 'ORDER BY h.created_ms, h.id LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full; or the seed’s whole list',
  },
  {
    table: 'subnets',
    statement: 'ORDER BY s.created_ms, s.id LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full',
  },
  {
    table: 'cens',
    statement: 'ORDER BY n.name, n.hypervisor LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full',
  },
  {
    table: 'cins',
    statement: 'ORDER BY i.name, i.hypervisor LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full',
  },
  {
    table: 'cpools',
    statement: 'ORDER BY k.name, k.hypervisor LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full',
  },
  ...['vlan_networks', 'foreign_networks', 'domains', 'foreign_domains'].map((table) => ({
    table,
    statement: 'ORDER BY name, hypervisor LIMIT ',
    reason: 'a page, for which both tables are read by an index in the order of the list until it is full',
  })),
  {
    table: 'spp_processes',
    statement: 'ORDER BY p.process, p.hypervisor LIMIT ',
    reason: 'a page, read by an index in the order of the list until it is full; or the seed’s whole list',
  },
  {
    table: 'operations',
    statement: 'FROM operations WHERE sequence < ',
    reason: 'a page of all of them, which ends when it is full; of those that succeeded, when it has looked at 5,000',
  },
  {
    table: 'operations',
    statement: ') f CROSS JOIN operations ',
    reason: 'a page of those with one status or of one kind, which ends when it is full or has examined 5,000',
  },
  {
    table: 'operations',
    statement: 'SELECT count(*) AS count, min(sequence) AS last FROM (',
    reason: 'where a page that has examined 5,000 ends',
  },
  {
    table: 'operations',
    statement: 'SELECT coalesce(max(sequence), 0) AS last FROM operations',
    reason: 'the largest key, which SQLite takes from the end of the table',
  },
  {
    table: 'operations',
    statement: 'FROM operations WHERE sequence > ',
    reason: 'pruning goes through the oldest in batches of 1,000, and ends with the first young one',
  },
  {
    table: 'events',
    statement: 'FROM events WHERE sequence > ',
    reason: 'pruned in batches, as operations are, and read by the feed in pages',
  },
  {
    table: 'operation_subjects',
    statement: "WHERE s.subject >= 'hypervisors/' || ",
    reason: 'the unfinished operations of a hypervisor that is removed with all of them',
  },
  {
    table: 'subnets',
    statement: 'UPDATE subnets SET reserved = (SELECT count(*)',
    reason: 'a migration, once: the addresses that are taken already',
  },
  {
    table: 'addresses',
    statement: 'INSERT INTO address_runs (subnet, first, last) SELECT subnet, min(offset)',
    reason: 'the same migration: the runs of them',
  },
  {
    table: 'hypervisors',
    statement: 'UPDATE hypervisors SET reserved_memory = (SELECT coalesce(',
    reason: 'the same migration: what is promised already',
  },
  {
    table: 'operation_subjects',
    statement: 'UPDATE operations SET blocked_subjects = ( SELECT count(*)',
    reason: 'a migration, once: it counts for the unfinished operations that are there already',
  },
  {
    table: 'operation_subjects',
    statement: 'SELECT DISTINCT subject FROM operation_subjects WHERE subject >= ',
    reason: 'what unfinished operations are changing of one hypervisor’s SPP processes',
  },
];

export function isCovered({ table, statement }: Scan, exception: Exception): boolean {
  return exception.table === table && (exception.statement === undefined || statement.includes(exception.statement));
}
