import { sppDefinition } from '../../../schema/resources/spp/definition.ts';
import { untilAvailable } from '../../loop/outage.ts';
import { fence } from '../../loop/registration.ts';
import { spp as peer } from '../../peers/spp.ts';
import { eventOf, sppRecords } from '../../records/spp.ts';
import { forgetProcesses, noteSighting } from '../../records/spp-processes.ts';
import { kind, kindModule } from '../kind.ts';
import { ProcessNotes } from './process-notes.ts';
import { sppResource } from './resource.ts';

/** Soft Patch Panel processes: keeps their rows true, and joins their commands to their operations. */
export const spp = kindModule({
  peer,

  async open({ processes, subscribe, health }, context) {
    const { database, registration, log, times, configuration } = context;
    const { hypervisor } = registration;
    const notes = new ProcessNotes({
      ...{ processes, log },
      write: (sightings) =>
        database.write([fence(registration), ...sightings.map((each) => noteSighting(hypervisor, each))], {
          wakes: 'nobody',
          call: 'spp.note',
        }),
    });
    const forget = [fence(registration), forgetProcesses(hypervisor)] as const;
    const [, known] = await untilAvailable(() => database.write(forget, { call: 'spp.forget' }), log, times);
    processes.rememberStale(known.filter(({ stale }) => stale === 1).map(({ process }) => process));
    const unsubscribe = subscribe((process) => notes.add(process));
    for (const { process } of processes.snapshots()) notes.add(process);
    return {
      kind: kind({
        definition: sppDefinition,
        health,
        records: sppRecords(database, hypervisor, configuration.sppReplay),
        resource: sppResource(processes, (changed) => subscribe((process) => changed([eventOf(process)]))),
      }),
      async close() {
        unsubscribe();
        notes.close();
      },
    };
  },
});
