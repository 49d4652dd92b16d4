import { imagesDefinition } from '../../../schema/resources/images/definition.ts';
import { containers } from '../../peers/containers.ts';
import { kindModule, ownKind } from '../kind.ts';
import { imagesResource } from './resource.ts';
import { imagesSpec } from './spec.ts';

/** The images of a host. */
export const images = kindModule({
  peer: containers,

  async open({ images: store }, { registration: { databaseId, hypervisor } }) {
    return {
      kind: ownKind({
        definition: imagesDefinition,
        spec: imagesSpec,
        resource: imagesResource(store, { databaseId, hypervisor }),
      }),
    };
  },
});
