import * as v from 'valibot';
import {
  type ImageBody,
  type ImagePost,
  imageNameSchema,
  imagePageSchema,
  imagePostSchema,
  imageQuerySchema,
} from '../../../schema/api/images.ts';
import { deleteImage } from '../../commands/images/delete.ts';
import { pullImage } from '../../commands/images/pull.ts';
import { imageList, readImage, readImages } from '../../commands/images/read.ts';
import { readBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { nextOf } from '../../http/pages.ts';
import { pathParameter, queryParameters } from '../../http/parameters.ts';
import { commandContext } from '../../operations/command-context.ts';
import { orAsRecorded, submit, submitRemoval } from '../../operations/submit.ts';

/** No name ends with a slash: that of a path is accepted, as everywhere. */
const inPathSchema = v.pipe(
  v.string(),
  v.transform((name) => name.replace(/\/$/, '')),
  imageNameSchema,
);

/** POST /images: answers the image. */
export async function pull(c: AppContext): Promise<Response> {
  const body = await readBody(c, imagePostSchema);
  return submit(
    c,
    () => pullImage.prepare(commandContext(c), body),
    orAsRecorded(
      c,
      async ({ hypervisor }) => {
        const where = { database: c.get('settings').database, host: hypervisor ?? '' };
        return answerJson(c, await readImage(where, body.name, body.kind));
      },
      ({ hypervisor_name }) => answerJson(c, unknownState(body, hypervisor_name)),
    ),
  );
}

/** An image that was pulled, and is gone since. */
function unknownState({ name, kind, source }: ImagePost, hypervisor: string | null): ImageBody {
  return {
    ...{ name, kind, source: source ?? null, hypervisor: hypervisor ?? '', state: 'pending' },
    ...{ digest: null, size: null, created: null, error: null },
  };
}

/** GET /images */
export async function list(c: AppContext): Promise<Response> {
  const { kind, ...page } = queryParameters(c, imagePageSchema(imageList));
  const { items, next } = await readImages(commandContext(c), kind, page);
  return answerJson(c, { images: items, ...nextOf(imageList, next) });
}

/** GET /images/{name} */
export async function get(c: AppContext): Promise<Response> {
  const { kind } = queryParameters(c, imageQuerySchema);
  return answerJson(c, await readImage(commandContext(c), nameOf(c), kind));
}

/** DELETE /images/{name}: answers the image as it was. */
export function remove(c: AppContext): Promise<Response> {
  const { kind } = queryParameters(c, imageQuerySchema);
  const name = nameOf(c);
  return submitRemoval(c, () => deleteImage.prepare(commandContext(c), { name, kind }));
}

/** Its slashes may be escaped. */
function nameOf(c: AppContext): string {
  return pathParameter(c, 'name', inPathSchema);
}
