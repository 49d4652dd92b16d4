import { cenIdSchema, cenImportSchema, cenListSchema } from '../../../schema/api/leviathan.ts';
import { createCen } from '../../commands/cens/create.ts';
import { deleteCen } from '../../commands/cens/delete.ts';
import { destroyCens } from '../../commands/cens/destroy.ts';
import { importCens } from '../../commands/cens/import.ts';
import { makeCens } from '../../commands/cens/make.ts';
import { cenList, readCen, readCens } from '../../commands/cens/read.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { submit, submitAsynchronously, submitRemoval } from '../../operations/submit.ts';
import { answerCen } from './answer.ts';

/** POST /cen/import */
export async function importList(c: AppContext): Promise<Response> {
  const body = await readBody(c, cenImportSchema);
  return submit(
    c,
    () => importCens.prepare(commandContext(c), body),
    () => answerJson(c, { imported: body.cenList.map(({ cenID }) => cenID) }),
  );
}

/** POST /cen/make */
export async function make(c: AppContext): Promise<Response> {
  const cens = await readBody(c, cenListSchema);
  return submitAsynchronously(c, () => makeCens.prepare(commandContext(c), cens));
}

/** POST /cen/destroy */
export async function destroy(c: AppContext): Promise<Response> {
  const cens = await readBody(c, cenListSchema);
  return submitAsynchronously(c, () => destroyCens.prepare(commandContext(c), cens));
}

/** PUT /cen/{id} */
export function put(c: AppContext): Promise<Response> {
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submit(c, () => createCen.prepare(commandContext(c), { cenID: cen }), answerCen(c, cen, []));
}

/** GET /cen */
export async function list(c: AppContext): Promise<Response> {
  const { items, next } = await readCens(commandContext(c), ownPage(c, cenList));
  return answerJson(c, { cens: items, ...nextOf(cenList, next) });
}

/** GET /cen/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answerJson(c, await readCen(commandContext(c), pathParameter(c, 'CenId', cenIdSchema)));
}

/** DELETE /cen/{id}: answers the CEN as it was. */
export function remove(c: AppContext): Promise<Response> {
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submitRemoval(c, () => deleteCen.prepare(commandContext(c), { cenID: cen }));
}
