import { networkDefinition } from '../../../schema/resources/network/definition.ts';
import { hostBlocksNote } from '../../../schema/resources/network/host-blocks.ts';
import { runningProcessesNote, seenProcessesNote } from '../../../schema/resources/network/process-note.ts';
import { statisticsNote } from '../../../schema/resources/network/statistics.ts';
import { eachProcess } from '../../drivers/oci/runtime/view.ts';
import { type ContainersPeer, containers } from '../../peers/containers.ts';
import { netns } from '../../peers/netns.ts';
import { type KindContext, kindModule, ownKind } from '../kind.ts';
import { garbageCollectionChange } from './change.ts';
import { openComparer } from './comparer/comparer.ts';
import { HostBlocks } from './host-blocks.ts';
import { openProcesses } from './process-access.ts';
import { ProcessStatistics } from './process-statistics.ts';
import { ProcessWatch } from './process-watch.ts';
import { networkResource } from './resource.ts';
import { networkSpec } from './spec.ts';

const SECOND_MS = 1_000;

/** Containers, the networks between them, and their addresses. */
export const network = kindModule({
  peer: netns,
  alsoUses: [containers],

  async open(
    { driver, changes, isolationOf },
    { registration, log, address, configuration, peer, record, recordAtStart, statisticsMs },
  ) {
    const { databaseId, hypervisor } = registration;
    const isolation = isolationOf(databaseId);
    const intervalMs = configuration.scanSeconds * SECOND_MS;
    const blocks = new HostBlocks({ driver, log, intervalMs, record: (found) => record(hostBlocksNote, found) });
    await blocks.refresh((found) => recordAtStart(hostBlocksNote, found));
    const runtime = peer(containers);
    const watch = runtime && (await watchProcesses(runtime, { log, record, recordAtStart }));
    const statistics = runtime && recordStatistics(runtime, { log, record, statisticsMs });
    const comparer =
      address &&
      (await openComparer(
        { database: address, databaseId, hypervisor, containers: runtime?.paths ?? null },
        { log: (level, text) => log[level](text) },
      ));
    return {
      kind: ownKind({
        definition: networkDefinition,
        spec: networkSpec(databaseId),
        resource: networkResource({ driver, isolation, processes: runtime && openProcesses(runtime) }, changes, watch),
        ...(comparer && { compare: comparer.compare }),
      }),
      async close() {
        blocks.close();
        await statistics?.close();
        await watch?.close();
        await comparer?.close();
        await isolation.close();
      },
    };
  },

  cleaner: ({ driver, changes, isolationOf }, databaseId, peer) => {
    const runtime = peer(containers);
    const processes = runtime && openProcesses(runtime);
    return {
      resource: networkResource({ driver, isolation: isolationOf(databaseId), processes }, changes),
      without: (labelled) => garbageCollectionChange(databaseId, labelled).after,
    };
  },
});

/** Also records what has happened to processes while no executor was running. */
async function watchProcesses(
  { runtime }: ContainersPeer,
  { log, record, recordAtStart }: Pick<KindContext, 'log' | 'record' | 'recordAtStart'>,
): Promise<ProcessWatch> {
  const watch = new ProcessWatch({ runtime, log, record: (found) => record(seenProcessesNote, found) });
  const [running = []] = await recordAtStart(runningProcessesNote, null);
  const before = new Map(running.map(({ owner, process }) => [owner, JSON.parse(process)]));
  await watch.begin(before, (found) => recordAtStart(seenProcessesNote, found));
  return watch;
}

function recordStatistics(
  { paths }: ContainersPeer,
  { log, record, statisticsMs }: Pick<KindContext, 'log' | 'record' | 'statisticsMs'>,
) {
  return new ProcessStatistics({
    processes: () => eachProcess(paths.run),
    record: async (pass) => (await record(statisticsNote, pass)).at(-1)?.[0]?.remain === 1,
    log,
    intervalMs: statisticsMs,
  });
}
