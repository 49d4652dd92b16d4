import { callsDefinition } from '../../../schema/resources/calls.ts';
import { endLeftCommands } from '../../drivers/oci/exec/leftovers.ts';
import { containers as peer } from '../../peers/containers.ts';
import { kindModule, ownKind } from '../kind.ts';
import { commandDirectories } from './commands.ts';
import { callsResource } from './resource.ts';
import { callsSpec } from './spec.ts';

/** What only the host of a container can answer: commands in containers. */
export const calls = kindModule({
  peer,

  async open(opened, { log }) {
    const directories = commandDirectories(opened.paths);
    await endLeftCommands({ ...directories, log: (message) => log.warn(message) });
    return { kind: ownKind({ definition: callsDefinition, spec: callsSpec, resource: callsResource(opened) }) };
  },
});
