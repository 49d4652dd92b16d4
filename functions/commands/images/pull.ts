import { imagePostSchema } from '../../../schema/api/images.ts';
import { PULL_IMAGE } from '../../../schema/resources/images/finish.ts';
import { defineCommand } from '../../operations/command.ts';
import { newId } from '../../operations/new-id.ts';
import { hypervisor } from '../../operations/operation-statements.ts';
import { hasContainers, imageResource, imageSubjects } from './image.ts';
import { ofImage } from './target.ts';

const upsert = `
  INSERT INTO images (id, hypervisor, name, spec, generation, desired, state, state_since_ms, created_ms, kind)
  SELECT :id, ${hypervisor}, :name, :spec, 0, 'present', 'pending', o.created_ms, o.created_ms, 'oci'
  FROM operations o WHERE o.id = :operation
  ON CONFLICT (hypervisor, kind, name) DO UPDATE SET spec = excluded.spec, desired = 'present', generation = generation + 1`;

/** Brings an image to a hypervisor; one that is there is brought again, since its tag may have moved. */
export const pullImage = defineCommand({
  kind: PULL_IMAGE,
  role: 'operator',
  request: imagePostSchema,
  target: ofImage,
  resource: imageResource,
  status: 'pending',
  arguments: ({ request: { name, source } }) => ({
    id: newId(),
    name,
    spec: JSON.stringify({ source: source ?? null }),
  }),
  guards: [hasContainers],
  rows: [upsert],
  subjects: [imageSubjects],
});
