import type { ResyncBody } from '../../../schema/api/fleet/reconcile.ts';
import type { Labelled } from '../../../schema/resources/definition.ts';
import type { Difference } from './differences.ts';

/** The differences, and the steps that would remove them. */
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
