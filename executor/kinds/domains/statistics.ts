import type {
  DiskReading,
  DomainReading,
  MemoryReading,
  NicReading,
} from '../../../schema/resources/domains/statistics.ts';
import type {
  DiskStatistics,
  DomainStatistics,
  MemoryStatistics,
  NicStatistics,
  Statistics,
} from '../../drivers/libvirt/driver.ts';

/** What the process of a domain has answered last. */
interface Answer {
  readonly id: number;
  /** By the monotonic clock, in milliseconds. */
  readonly atMs: number;
  readonly memory: MemoryReading;
  readonly disks: readonly DiskReading[];
}

/**
 * Readings of all active domains, in one call. Figures of memory and disks are what a process itself answers: those of one
 * that hangs stand, with the time of its last answer, while its processors and interfaces are read from the host.
 */
export class DomainStatisticsReader {
  readonly #statistics: Pick<Statistics, 'read' | 'health'>;
  readonly #clock: () => number;
  #answers: ReadonlyMap<string, Answer> = new Map();

  constructor(statistics: Pick<Statistics, 'read' | 'health'>, clock: () => number = () => performance.now()) {
    this.#statistics = statistics;
    this.#clock = clock;
  }

  /** Null: libvirt is away. Throws a LibvirtError. */
  async read(): Promise<readonly DomainReading[] | null> {
    if (!this.#statistics.health().available) return null;
    const began = this.#clock();
    const domains = await this.#statistics.read();
    const answers = new Map(domains.flatMap((domain) => this.#answer(domain, began)));
    this.#answers = answers;
    return domains.map((domain) => readingOf(domain, answers.get(domain.uuid), began));
  }

  #answer(domain: DomainStatistics, began: number): [string, Answer][] {
    const { uuid, id } = domain;
    if (!domain.incomplete) {
      return [[uuid, { id, atMs: began, memory: memoryOf(domain.memory), disks: domain.disks.map(diskOf) }]];
    }
    const before = this.#answers.get(uuid);
    return before?.id === id ? [[uuid, before]] : [];
  }
}

function readingOf(domain: DomainStatistics, answer: Answer | undefined, began: number): DomainReading {
  const { uuid, id, state, cpuTimeNs, vcpus, nics } = domain;
  return {
    ...{ domain: uuid, run: id, state, cpu_us: cpuTimeNs === null ? null : Math.round(cpuTimeNs / 1000), vcpus },
    answered_ago_ms: answer === undefined ? null : Math.round(began - answer.atMs),
    memory: answer?.memory ?? null,
    disks: answer?.disks ?? [],
    nics: nics.map(nicOf),
  };
}

function memoryOf(memory: MemoryStatistics): MemoryReading {
  const { currentKib, maximumKib, rssKib, availableKib, unusedKib, usableKib } = memory;
  const bytes = (kib: number | null) => (kib === null ? null : kib * 1024);
  return [
    ...([bytes(currentKib), bytes(maximumKib), bytes(rssKib)] as const),
    ...([bytes(availableKib), bytes(unusedKib), bytes(usableKib)] as const),
  ];
}

function diskOf(disk: DiskStatistics): DiskReading {
  const { name, readRequests, readBytes, writeRequests, writeBytes, flushRequests, capacityBytes, physicalBytes } =
    disk;
  return [name, readRequests, readBytes, writeRequests, writeBytes, flushRequests, capacityBytes, physicalBytes];
}

function nicOf(nic: NicStatistics): NicReading {
  const { name, rxBytes, rxPackets, rxErrors, rxDrops, txBytes, txPackets, txErrors, txDrops } = nic;
  return [name, rxBytes, rxPackets, rxErrors, rxDrops, txBytes, txPackets, txErrors, txDrops];
}
