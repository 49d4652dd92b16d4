import { cinIdSchema, cinImportSchema, cinListSchema } from '../../../schema/api/leviathan-cins.ts';
import { deleteCin } from '../../commands/cins/delete.ts';
import { destroyCins } from '../../commands/cins/destroy.ts';
import { importCins } from '../../commands/cins/import.ts';
import { makeCins } from '../../commands/cins/make.ts';
import { cinList, readCin, readCins } from '../../commands/cins/read.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf, ownPage } from '../../http/pages.ts';
import { pathParameter } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { submit, submitAsynchronously, submitRemoval } from '../../operations/submit.ts';

/** POST /cin/import */
export async function importMap(c: AppContext): Promise<Response> {
  const cins = await readBody(c, cinImportSchema);
  return submit(
    c,
    () => importCins.prepare(commandContext(c), cins),
    () => answerJson(c, { imported: cins.map(({ cinID }) => cinID) }),
  );
}

/** POST /cin/make */
export async function make(c: AppContext): Promise<Response> {
  const cins = await readBody(c, cinListSchema);
  return submitAsynchronously(c, () => makeCins.prepare(commandContext(c), cins));
}

/** POST /cin/destroy */
export async function destroy(c: AppContext): Promise<Response> {
  const cins = await readBody(c, cinListSchema);
  return submitAsynchronously(c, () => destroyCins.prepare(commandContext(c), cins));
}

/** GET /cin */
export async function list(c: AppContext): Promise<Response> {
  const { items, next } = await readCins(commandContext(c), ownPage(c, cinList));
  return answerJson(c, { cins: items, ...nextOf(cinList, next) });
}

/** GET /cin/{id} */
export async function get(c: AppContext): Promise<Response> {
  return answerJson(c, await readCin(commandContext(c), pathParameter(c, 'CinId', cinIdSchema)));
}

/** DELETE /cin/{id}: answers the CIN as it was. */
export function remove(c: AppContext): Promise<Response> {
  const cin = pathParameter(c, 'CinId', cinIdSchema);
  return submitRemoval(c, () => deleteCin.prepare(commandContext(c), { cinID: cin }));
}
