import { cpoolIdSchema, cpoolListSchema } from '../../../schema/api/leviathan-pools.ts';
import { deletePool } from '../../commands/pools/delete.ts';
import { poolList, readNamedPools, readPool, readPools } from '../../commands/pools/read.ts';
import { scalePools } from '../../commands/pools/scale.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { submit, submitRemoval } from '../../operations/submit.ts';

/** POST /cpool: answers the pools. */
export async function scale(c: AppContext): Promise<Response> {
  const body = await readBody(c, cpoolListSchema);
  return submit(
    c,
    () => scalePools.prepare(commandContext(c), body),
    async ({ hypervisor }) => {
      const where = { database: c.get('settings').database, host: hypervisor ?? '' };
      const names = body.cpoolList.map(({ cpoolID }) => cpoolID);
      return answerJson(c, { cpoolList: await readNamedPools(where, names) });
    },
  );
}

/** GET /cpool */
export async function list(c: AppContext): Promise<Response> {
  const { items, next } = await readPools(commandContext(c), ownPage(c, poolList));
  return answerJson(c, { cpools: items, ...nextOf(poolList, next) });
}

/** GET /cpool/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answerJson(c, await readPool(commandContext(c), pathParameter(c, 'CPoolId', cpoolIdSchema)));
}

/** DELETE /cpool/{id}: answers the pool as it was. */
export function remove(c: AppContext): Promise<Response> {
  const cpoolID = pathParameter(c, 'CPoolId', cpoolIdSchema);
  return submitRemoval(c, () => deletePool.prepare(commandContext(c), { cpoolID }));
}
