import { bridgesDefinition, bridgesSubject } from '../../../schema/resources/bridges.ts';
import { netns } from '../../peers/netns.ts';
import { kindModule, ownKind } from '../kind.ts';
import { bridgesResource } from './resource.ts';
import { bridgesSpec } from './spec.ts';

/** The bridges by which a hypervisor is in subnets. */
export const bridges = kindModule({
  peer: netns,

  async open({ driver, changes, health }, { registration }) {
    // Links come and go on a host all the time: events of others than these are no reason to look.
    let wanted: ReadonlySet<string> = new Set();
    const read = (interfaces: readonly string[]) => {
      wanted = new Set(interfaces);
    };
    const interest = {
      subject: bridgesSubject(registration.hypervisor),
      isWanted: (name: string) => wanted.has(name),
    };
    return {
      kind: ownKind({
        definition: bridgesDefinition,
        spec: bridgesSpec(registration, read),
        resource: bridgesResource(driver, changes, interest),
        health,
      }),
    };
  },
});
