import { orphanPostSchema, resyncQuerySchema } from '../../../schema/api/fleet/reconcile.ts';
import { orphanList, readOrphans } from '../../commands/hypervisors/read-orphans.ts';
import { removeOrphans as removeHostOrphans } from '../../commands/hypervisors/remove-orphans.ts';
import { resync as resyncHost } from '../../commands/hypervisors/resync.ts';
import { decisionsOn } from '../../commands/orphans/decide.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { queryParameters } from '../../http/parameters.ts';
import { answerOperation, submit } from '../../operations/submit.ts';
import { findHypervisor } from '../../operations/targets/find-hypervisor.ts';
import { hypervisorContext } from './context.ts';

/**
 * POST /hypervisors/{id}/resync: answers the operation with an item for each repair; with a dry run, what it would do.
 */
export async function resync(c: AppContext): Promise<Response> {
  const { dry_run: dryRun } = queryParameters(c, resyncQuerySchema);
  return submit(
    c,
    () => resyncHost.prepare(hypervisorContext(c), { dry_run: dryRun }),
    ({ id, result }) => (dryRun ? answerJson(c, JSON.parse(result ?? '{}')) : answerOperation(c, id)),
  );
}

/** GET /hypervisors/{id}/orphans */
export async function listOrphans(c: AppContext): Promise<Response> {
  const page = ownPage(c, orphanList);
  const { database, host } = hypervisorContext(c);
  const { id, held } = await findHypervisor(database, host);
  const { items, next } = await readOrphans(database, id, page);
  return answerJson(c, {
    orphans: items,
    held: held === null ? null : JSON.parse(held),
    ...nextOf(orphanList, next),
  });
}

/** DELETE /hypervisors/{id}/orphans: confirmed by an operator. */
export async function removeOrphans(c: AppContext): Promise<Response> {
  return submit(
    c,
    () => removeHostOrphans.prepare(hypervisorContext(c), {}),
    ({ id }) => answerOperation(c, id),
  );
}

/** POST /hypervisors/{id}/orphans/{kind}/{name}: one that is removed only if a person says so. */
export async function decideOrphan(c: AppContext): Promise<Response> {
  const { action } = await readBody(c, orphanPostSchema);
  const command = decisionsOn(c.req.param('kind') ?? '')[action];
  const name = (c.req.param('name') ?? '').replace(/\/$/, '');
  return submit(
    c,
    () => command.prepare(hypervisorContext(c), { name }),
    ({ id }) => answerOperation(c, id),
  );
}
