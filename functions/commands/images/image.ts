import type { Database } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { imageSubject, imageSubjectOf } from '../../../schema/resources/images/rows.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';
import { capableOf, resolve, type Target } from '../../operations/targets/target.ts';
import { setUpHint } from './target.ts';

/** The request of a command on one image. */
interface NamesImage {
  readonly request: { readonly name: string };
}

export const imageResource = {
  onHost: ({ request }: NamesImage) => imageSubjectOf('', request.name).slice('hypervisors/'.length),
};

export const fromImage = `FROM images i WHERE i.hypervisor = ${hypervisor} AND i.kind = 'oci' AND i.name = :name`;

export const imageSubjects = `SELECT ${imageSubject}, ${operationSequence} ${fromImage}`;

export function unknownImage(name: string): Problem {
  return new Problem('not_found', `Image ${name} not found`, {
    hint: 'GET /images lists those that there are; POST /images pulls one',
    errors: [{ parameter: 'name', detail: `image ${name} not found` }],
  });
}

export const hasContainers = {
  id: 'no_containers',
  holds: capableOf('containers'),
  problem: ({ database }: { readonly database: Database }, target: Target) => noContainers(database, target),
};

async function noContainers(database: Database, on: Target): Promise<Problem> {
  const found = await resolve(database, on);
  const reason =
    JSON.parse(found?.capabilities ?? '{}').containers?.reason ?? 'its executor has not reported its capabilities yet';
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} has no images: ${reason}`, {
    hint: setUpHint,
  });
}
