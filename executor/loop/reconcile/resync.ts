import type { ResyncBody } from '../../../schema/api/fleet/reconcile.ts';
import { type Statement, statement } from '../../../schema/database/database.ts';
import type { ClaimedOperation, Labelled } from '../../../schema/resources/definition.ts';
import type { Difference } from './differences.ts';

/** What is not as wanted, and what would be done about it. */
export function resyncBody(differences: readonly Difference[], orphans: readonly Labelled[]): ResyncBody {
  return {
    differences: differences.map(({ subject, repairKind, steps, problem }) => ({
      resource: subject,
      repair: repairKind,
      steps: steps.map(({ name, item }) => ({ step: name, item })),
      error: problem,
    })),
    orphans: orphans.map(({ kind, place, name, label }) => ({ kind, namespace: place, name, label })),
  };
}

/** An operation whose work others do becomes their list, and ends with the last of them. */
export function handOver({ id, sequence }: ClaimedOperation): Statement<never>[] {
  const hasParts = 'EXISTS (SELECT 1 FROM operations c WHERE c.parent = :sequence)';
  return [
    `UPDATE operations SET resource = NULL, epoch = NULL, lease_until_ms = NULL WHERE id = :id AND ${hasParts}`,
    `DELETE FROM operation_subjects WHERE sequence = :sequence AND ${hasParts}`,
  ].map((sql) => statement(sql, { id, sequence }));
}
