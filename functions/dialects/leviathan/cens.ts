import { cenIdSchema, cenImportSchema, cenListSchema } from '../../../schema/api/leviathan.ts';
import { createCen, deleteCen } from '../../commands/networks/change-cen.ts';
import { importCens } from '../../commands/networks/import-cens.ts';
import { readCen } from '../../commands/networks/read.ts';
import { destroyCens, makeCens } from '../../commands/networks/wire-cens.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { pathParameter } from '../../http/parameters.ts';
import { asked } from '../../operations/command-context.ts';
import { submit, submitAsynchronously, submitRemoval } from '../../operations/submit.ts';
import { answerCen } from './answer.ts';

/** POST /cen/import */
export async function importList(c: AppContext): Promise<Response> {
  const body = await readBody(c, cenImportSchema);
  return submit(
    c,
    () => importCens(asked(c), body),
    () => answerJson(c, { imported: body.cenList.map(({ cenID }) => cenID) }),
  );
}

/** POST /cen/make */
export async function make(c: AppContext): Promise<Response> {
  const cens = await readBody(c, cenListSchema);
  return submitAsynchronously(c, () => makeCens(asked(c), cens));
}

/** POST /cen/destroy */
export async function destroy(c: AppContext): Promise<Response> {
  const cens = await readBody(c, cenListSchema);
  return submitAsynchronously(c, () => destroyCens(asked(c), cens));
}

/** PUT /cen/{id} */
export function put(c: AppContext): Promise<Response> {
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submit(c, () => createCen(asked(c), cen), answerCen(c, cen, []));
}

/** GET /cen/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answerJson(c, await readCen(asked(c), pathParameter(c, 'CenId', cenIdSchema)));
}

/** DELETE /cen/{id}: answers the CEN as it was. */
export function remove(c: AppContext): Promise<Response> {
  const cen = pathParameter(c, 'CenId', cenIdSchema);
  return submitRemoval(c, async () => deleteCen(asked(c), await readCen(asked(c), cen)));
}
