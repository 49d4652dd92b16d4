import { eventOf, sppDefinition } from '../../../schema/resources/spp/definition.ts';
import { forgetProcesses, sightings } from '../../../schema/resources/spp/processes.ts';
import { spp as peer } from '../../peers/spp.ts';
import { kindModule, ownKind } from '../kind.ts';
import { ProcessNotes } from './process-notes.ts';
import { sppResource } from './resource.ts';
import { sppSpec } from './spec.ts';

/** Soft Patch Panel processes: keeps their rows current, and sends the commands of operations to them. */
export const spp = kindModule({
  peer,

  async open({ processes, subscribe }, { configuration, log, record, recordAtStart }) {
    const notes = new ProcessNotes({
      ...{ processes, log },
      write: (seen) => record(sightings, seen),
    });
    const [known = []] = await recordAtStart(forgetProcesses, null);
    processes.rememberStale(known.filter(({ stale }) => stale === 1).map(({ process }) => process));
    const unsubscribe = subscribe((process) => notes.add(process));
    for (const { process } of processes.snapshots()) notes.add(process);
    return {
      kind: ownKind({
        definition: sppDefinition,
        spec: sppSpec(configuration.sppReplay),
        resource: sppResource(processes, (changed) => subscribe((process) => changed([eventOf(process)]))),
      }),
      async close() {
        unsubscribe();
        notes.close();
      },
    };
  },
});
