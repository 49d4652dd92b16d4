import type { Sessions } from '../connection.ts';
import type { Deadlines } from '../deadlines.ts';
import { procedures } from '../protocol/remote.ts';
import { domainOf, type Reference } from '../reference.ts';
import { changeState, defineDomain, TRANSITIONS, undefineDomain } from './change.ts';
import { type Metadata, setAutostart, setMemory, setMetadata, setVcpus } from './configure.ts';
import { type DomainDescription, type DomainSummary, describeDomain, describeDomains, listDomains } from './read.ts';

/**
 * Domains of the hypervisor. Methods are rejected with a LibvirtError: `missing` if there is no such domain, `state` if
 * its state does not permit it, `timeout` or `away` if it is unknown whether it was done.
 */
export interface Domains {
  /** All of them, active or not. */
  list(): Promise<DomainSummary[]>;
  /** All of them with their definitions. One that is removed meanwhile is left out. */
  describeAll(): Promise<DomainDescription[]>;
  /** Null: there is no such domain. */
  describe(uuid: string): Promise<DomainDescription | null>;
  /** The definition with which it is running, with the names of its taps. */
  liveXml(domain: Reference): Promise<string>;
  /**
   * Defines it, or replaces the definition with which it is started the next time. The XML is checked against libvirt's
   * schema, and names the same UUID and the same name.
   *
   * @throws LibvirtError `exists`: the name or the UUID belongs to another domain; `invalid`, `unsupported`: the XML
   */
  define(domain: Reference, xml: string): Promise<void>;
  /** Starts it; succeeds if it has a process already, also if it is paused. */
  start(domain: Reference): Promise<void>;
  /** Asks the guest to power off, which it may not do; succeeds if it is off. */
  shutdown(domain: Reference): Promise<void>;
  /** Asks the guest to reboot, which it may not do. */
  reboot(domain: Reference): Promise<void>;
  /** Resets the machine, as its button would. */
  reset(domain: Reference): Promise<void>;
  /** Pauses it; succeeds if it is paused. */
  suspend(domain: Reference): Promise<void>;
  /** Continues it; succeeds if it is running. */
  resume(domain: Reference): Promise<void>;
  /** Ends its process; succeeds if it is off, or if there is none. */
  destroy(domain: Reference): Promise<void>;
  /**
   * Removes its definition, with its managed save, its NVRAM and the metadata of its snapshots and checkpoints; succeeds
   * if there is none. One that is running has no definition from then on, and is gone when it is off.
   */
  undefine(domain: Reference): Promise<void>;
  setAutostart(domain: Reference, autostart: boolean): Promise<void>;
  /** Sets the element of the driver's namespace in its metadata, or removes it: null. Also while it is running. */
  setMetadata(domain: Reference, metadata: Metadata | null): Promise<void>;
  /** From the next start on. @param kib in KiB */
  setMemory(domain: Reference, kib: number): Promise<void>;
  /** From the next start on. */
  setVcpus(domain: Reference, count: number): Promise<void>;
}

/** @param namespace URI of the XML namespace whose metadata is read */
export function domainsOf(sessions: Sessions, namespace: string, { readMs, changeMs }: Deadlines): Domains {
  const { reading, changing } = sessions;
  const transition = (name: keyof typeof TRANSITIONS) => (domain: Reference) =>
    changeState(changing, domain, TRANSITIONS[name], changeMs);
  return {
    list: () => listDomains(reading, readMs),
    describeAll: () => describeDomains(reading, namespace, readMs),
    describe: (uuid) => describeDomain(reading, uuid, namespace, readMs),
    async liveXml(domain) {
      return (await reading.call(procedures.domainGetXmlDesc, { dom: domainOf(domain), flags: 0 }, readMs)).xml;
    },
    define: (domain, xml) => defineDomain(changing, domain, xml, changeMs),
    start: transition('start'),
    shutdown: transition('shutdown'),
    reboot: transition('reboot'),
    reset: transition('reset'),
    suspend: transition('suspend'),
    resume: transition('resume'),
    destroy: transition('destroy'),
    undefine: (domain) => undefineDomain(changing, domain, changeMs),
    setAutostart: (domain, autostart) => setAutostart(changing, domain, autostart, changeMs),
    setMetadata: (domain, metadata) => setMetadata(changing, domain, { namespace, metadata }, changeMs),
    setMemory: (domain, kib) => setMemory(changing, domain, kib, changeMs),
    setVcpus: (domain, count) => setVcpus(changing, domain, count, changeMs),
  };
}
