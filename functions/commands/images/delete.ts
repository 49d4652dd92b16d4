import * as v from 'valibot';
import { imageKinds, imageNameSchema } from '../../../schema/api/images.ts';
import { type Database, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { DELETE_IMAGE } from '../../../schema/resources/images/finish.ts';
import { defineCommand } from '../../operations/command.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { fromImage, imageResource, imageSubjects, unknownImage } from './image.ts';
import { readImage } from './read.ts';

/** Containers and pools that are to run an image of the hypervisor `on` (SQL), over `:name`. */
const users = (on: string) => `
  SELECT 'container' AS kind, c.name FROM containers c
  WHERE c.hypervisor = ${on} AND c.spec ->> '$.process.image' = :name AND c.desired = 'present'
  UNION ALL
  SELECT 'pool', k.name FROM cpools k WHERE k.hypervisor = ${on} AND k.spec ->> '$.type' = :name AND k.desired = 'present'`;

const removeImage = `
  UPDATE images SET desired = 'absent', generation = generation + 1 WHERE id = (SELECT i.id ${fromImage})`;

/** The number of users that a problem names. */
const NAMED_USERS = 10;

/** Removes an image that no container and no pool uses. */
export const deleteImage = defineCommand({
  kind: DELETE_IMAGE,
  role: 'operator',
  request: v.object({ name: imageNameSchema, kind: v.picklist(imageKinds) }),
  read: (asked) => readImage(asked, asked.request.name, asked.request.kind),
  target: ({ found }) => byName(found.hypervisor),
  resource: imageResource,
  status: 'pending',
  result: ({ found }) => ({ was: found }),
  arguments: ({ request }) => ({ name: request.name }),
  guards: [
    {
      id: 'unknown_image',
      holds: `EXISTS (SELECT 1 ${fromImage} AND i.desired = 'present')`,
      problem: ({ request }) => unknownImage(request.name),
    },
    {
      id: 'image_used',
      holds: `NOT EXISTS (${users(hypervisor)})`,
      problem: ({ database, request, found }) => isUsed(database, request.name, found.hypervisor),
    },
  ],
  rows: [removeImage],
  subjects: [imageSubjects],
});

const selectUsers = `${users('(SELECT h.id FROM hypervisors h WHERE h.name = :host)')} LIMIT ${NAMED_USERS + 1}`;

async function isUsed(database: Database, name: string, host: string): Promise<Problem> {
  const [rows] = await database.read([statement<{ kind: string; name: string }>(selectUsers, { name, host })]);
  const named = rows.slice(0, NAMED_USERS).map((user) => `${user.kind} ${user.name}`);
  const others = rows.length > NAMED_USERS ? ' and others' : '';
  return new Problem('conflict', `Image ${name} is used by ${named.join(', ')}${others}`, {
    hint: 'Delete what uses it first',
    errors: named.map((detail) => ({ parameter: 'name', detail })),
  });
}
