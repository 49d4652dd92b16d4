import { isActive, reasonWord, stateWord } from '../domains/words.ts';
import type { DomainStatsRecord, TypedParam } from '../protocol/remote.ts';
import type { DiskStatistics, DomainStatistics, MemoryStatistics, NicStatistics } from './model.ts';

/** The fields of one domain, by the names that virConnectGetAllDomainStats documents. */
class Fields {
  readonly #values: ReadonlyMap<string, TypedParam['value']['value']>;

  constructor(params: readonly TypedParam[]) {
    this.#values = new Map(params.map(({ field, value }) => [field, value.value]));
  }

  /** Null: there is no such number. */
  number(field: string): number | null {
    const value = this.#values.get(field);
    return typeof value === 'number' || typeof value === 'bigint' ? Number(value) : null;
  }

  text(field: string): string | null {
    const value = this.#values.get(field);
    return typeof value === 'string' ? value : null;
  }

  /** Those of a list, each with the prefix of its fields: `block.0`. */
  list<Item>(group: string, itemAt: (prefix: string) => Item | null): Item[] {
    const count = this.number(`${group}.count`) ?? 0;
    const prefixes = Array.from({ length: count }, (_, index) => `${group}.${index}`);
    return prefixes.map(itemAt).filter((item) => item !== null);
  }
}

/** Null: its process has ended meanwhile. */
export function decodeStatistics({ dom, params }: DomainStatsRecord): DomainStatistics | null {
  const fields = new Fields(params);
  const state = stateWord(fields.number('state.state') ?? 0);
  if (!isActive(state)) return null;
  const figures = {
    cpuTimeNs: fields.number('cpu.time'),
    vcpus: fields.number('vcpu.current'),
    memory: memoryFrom(fields),
    disks: fields.list('block', (prefix) => diskFrom(fields, prefix)),
    nics: fields.list('net', (prefix) => nicFrom(fields, prefix)),
  };
  const reason = reasonWord(state, fields.number('state.reason') ?? 0);
  return { uuid: dom.uuid, name: dom.name, state, reason, incomplete: isIncomplete(figures), ...figures };
}

/** What is told of every domain whose process answers: of its memory, of each disk with a file, of each interface. */
function isIncomplete({
  cpuTimeNs,
  memory,
  disks,
  nics,
}: Pick<DomainStatistics, 'cpuTimeNs' | 'memory' | 'disks' | 'nics'>): boolean {
  return (
    cpuTimeNs === null ||
    memory.rssKib === null ||
    disks.some(({ path, readRequests }) => path !== null && readRequests === null) ||
    nics.some(({ rxBytes }) => rxBytes === null)
  );
}

function memoryFrom(fields: Fields): MemoryStatistics {
  return {
    currentKib: fields.number('balloon.current'),
    maximumKib: fields.number('balloon.maximum'),
    rssKib: fields.number('balloon.rss'),
    availableKib: fields.number('balloon.available'),
    unusedKib: fields.number('balloon.unused'),
    usableKib: fields.number('balloon.usable'),
  };
}

function diskFrom(fields: Fields, prefix: string): DiskStatistics | null {
  const name = fields.text(`${prefix}.name`);
  return name === null
    ? null
    : {
        name,
        path: fields.text(`${prefix}.path`),
        readRequests: fields.number(`${prefix}.rd.reqs`),
        readBytes: fields.number(`${prefix}.rd.bytes`),
        writeRequests: fields.number(`${prefix}.wr.reqs`),
        writeBytes: fields.number(`${prefix}.wr.bytes`),
        flushRequests: fields.number(`${prefix}.fl.reqs`),
        capacityBytes: fields.number(`${prefix}.capacity`),
        allocationBytes: fields.number(`${prefix}.allocation`),
        physicalBytes: fields.number(`${prefix}.physical`),
      };
}

/** Null: it has no interface on the host. */
function nicFrom(fields: Fields, prefix: string): NicStatistics | null {
  const name = fields.text(`${prefix}.name`);
  return name === null
    ? null
    : {
        name,
        rxBytes: fields.number(`${prefix}.rx.bytes`),
        rxPackets: fields.number(`${prefix}.rx.pkts`),
        rxErrors: fields.number(`${prefix}.rx.errs`),
        rxDrops: fields.number(`${prefix}.rx.drop`),
        txBytes: fields.number(`${prefix}.tx.bytes`),
        txPackets: fields.number(`${prefix}.tx.pkts`),
        txErrors: fields.number(`${prefix}.tx.errs`),
        txDrops: fields.number(`${prefix}.tx.drop`),
      };
}
