import { label as labelOf } from '../../../schema/names.ts';
import { bridgesDefinition, bridgesSubject } from '../../../schema/resources/bridges.ts';
import { netns } from '../../peers/netns.ts';
import { kindModule, ownKind } from '../kind.ts';
import { bridgesResource } from './resource.ts';
import { bridgesSpec } from './spec.ts';

/** The bridges of a hypervisor's associations with subnets. */
export const bridges = kindModule({
  peer: netns,

  async open({ driver, changes }, { registration: { databaseId, hypervisor } }) {
    const subject = bridgesSubject(hypervisor);
    const label = labelOf(databaseId, subject);
    return {
      kind: ownKind({
        definition: bridgesDefinition,
        spec: bridgesSpec(label),
        resource: bridgesResource(driver, changes, { subject, label }),
      }),
    };
  },
});
