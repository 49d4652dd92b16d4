import type { LibvirtCaller } from '../connection.ts';
import { ERROR_NUMBER, hasNumber, refusal } from '../errors.ts';
import { type NonnullDomain, procedures, type TypedParam } from '../protocol/remote.ts';
import { domainOf, type Reference } from '../reference.ts';
import { type DomainState, reasonWord, stateWord } from './words.ts';

/** What is known of a domain without reading its definition. */
export interface DomainSummary extends Reference {
  /** libvirt's number of an active domain; null: it is not active. */
  readonly id: number | null;
  /** virsh's word. */
  readonly state: DomainState;
  /** Why it is in that state, in virsh's words. */
  readonly reason: string;
  /** It has a definition that outlives it. */
  readonly persistent: boolean;
  /** libvirtd starts it when libvirtd is started. */
  readonly autostart: boolean;
  readonly hasManagedSave: boolean;
}

export interface DomainDescription extends DomainSummary {
  /** Its definition, with which it is started the next time; of one that is not persistent: the current one. */
  readonly xml: string;
  /** The element of the namespace in its metadata, as XML; null if there is none. */
  readonly metadata: string | null;
}

/** virConnectListAllDomainsFlags. */
const FILTER = { none: 0, persistent: 1 << 2, managedSave: 1 << 8, autostart: 1 << 10 } as const;

/** VIR_DOMAIN_STATS_STATE. */
const STATS_STATE = 1;

/** Five calls, however many domains there are. */
export async function listDomains(caller: LibvirtCaller, deadlineMs: number): Promise<DomainSummary[]> {
  const list = async (flags: number): Promise<readonly NonnullDomain[]> => {
    const values = { needResults: 1, flags };
    return (await caller.call(procedures.connectListAllDomains, values, deadlineMs)).domains;
  };
  const uuids = async (flags: number) => new Set((await list(flags)).map(({ uuid }) => uuid));
  const [domains, persistent, autostart, managedSave, states] = await Promise.all([
    list(FILTER.none),
    uuids(FILTER.persistent),
    uuids(FILTER.autostart),
    uuids(FILTER.managedSave),
    readStates(caller, deadlineMs),
  ]);
  return domains.flatMap(({ uuid, name, id }) => {
    const state = states.get(uuid);
    // It has been removed between two of the calls.
    if (state === undefined) return [];
    return {
      ...{ uuid, name, id: id < 0 ? null : id, ...state },
      ...{ persistent: persistent.has(uuid), autostart: autostart.has(uuid), hasManagedSave: managedSave.has(uuid) },
    };
  });
}

/** The list, and two calls for each domain, which are sent without waiting for one another. */
export async function describeDomains(
  caller: LibvirtCaller,
  namespace: string,
  deadlineMs: number,
): Promise<DomainDescription[]> {
  const domains = await listDomains(caller, deadlineMs);
  const described = await Promise.all(domains.map((domain) => addDefinition(caller, domain, namespace, deadlineMs)));
  return described.filter((domain) => domain !== null);
}

/** Null: there is no such domain. */
export async function describeDomain(
  caller: LibvirtCaller,
  uuid: string,
  namespace: string,
  deadlineMs: number,
): Promise<DomainDescription | null> {
  const domain = await nullIfMissing(caller.call(procedures.domainLookupByUuid, { uuid }, deadlineMs));
  if (domain === null) return null;
  const { dom } = domain;
  const [state, persistent, autostart, managedSave] = await Promise.all([
    nullIfMissing(readState(caller, dom, deadlineMs)),
    nullIfMissing(caller.call(procedures.domainIsPersistent, { dom }, deadlineMs)),
    // One that is not persistent has no answer to this.
    nullIfMissing(caller.call(procedures.domainGetAutostart, { dom }, deadlineMs)),
    nullIfMissing(caller.call(procedures.domainHasManagedSaveImage, { dom, flags: 0 }, deadlineMs)),
  ]);
  if (state === null || persistent === null || autostart === null || managedSave === null) return null;
  const summary: DomainSummary = {
    ...{ uuid, name: dom.name, id: dom.id < 0 ? null : dom.id, ...state },
    persistent: persistent.persistent === 1,
    autostart: autostart.autostart === 1,
    hasManagedSave: managedSave.result === 1,
  };
  return addDefinition(caller, summary, namespace, deadlineMs);
}

/** @throws LibvirtError `missing` */
export async function readState(
  caller: LibvirtCaller,
  domain: Reference,
  deadlineMs: number,
): Promise<Pick<DomainSummary, 'state' | 'reason'>> {
  const values = { dom: domainOf(domain), flags: 0 };
  const { state, reason } = await caller.call(procedures.domainGetState, values, deadlineMs);
  return wordsOf(state, reason);
}

async function readStates(caller: LibvirtCaller, deadlineMs: number) {
  const values = { doms: [], stats: STATS_STATE, flags: 0 };
  const { retStats } = await caller.call(procedures.connectGetAllDomainStats, values, deadlineMs);
  return new Map(
    retStats.map(({ dom, params }) => [
      dom.uuid,
      wordsOf(numberOf(params, 'state.state'), numberOf(params, 'state.reason')),
    ]),
  );
}

function numberOf(params: readonly TypedParam[], field: string): number {
  const found = params.find((param) => param.field === field)?.value.value;
  if (typeof found !== 'number') throw refusal('protocol', procedures.connectGetAllDomainStats.name, `no ${field}`);
  return found;
}

function wordsOf(stateNumber: number, reasonNumber: number): Pick<DomainSummary, 'state' | 'reason'> {
  const state = stateWord(stateNumber);
  return { state, reason: reasonWord(state, reasonNumber) };
}

/** VIR_DOMAIN_XML_INACTIVE, VIR_DOMAIN_METADATA_ELEMENT, VIR_DOMAIN_AFFECT_CONFIG. */
const XML_INACTIVE = 2;
const METADATA_ELEMENT = 2;
const AFFECT_CONFIG = 2;

/** Null: it has been removed meanwhile. */
async function addDefinition(
  caller: LibvirtCaller,
  domain: DomainSummary,
  namespace: string,
  deadlineMs: number,
): Promise<DomainDescription | null> {
  const dom = domainOf(domain);
  const flags = domain.persistent ? AFFECT_CONFIG : 0;
  const [definition, metadata] = await Promise.all([
    nullIfMissing(caller.call(procedures.domainGetXmlDesc, { dom, flags: XML_INACTIVE }, deadlineMs)),
    nullIfMissing(
      caller.call(procedures.domainGetMetadata, { dom, type: METADATA_ELEMENT, uri: namespace, flags }, deadlineMs),
    ),
  ]);
  return definition === null ? null : { ...domain, xml: definition.xml, metadata: metadata?.metadata ?? null };
}

async function nullIfMissing<Result>(call: Promise<Result>): Promise<Result | null> {
  try {
    return await call;
  } catch (error) {
    if (hasNumber(error, ERROR_NUMBER.noDomain, ERROR_NUMBER.noDomainMetadata)) return null;
    throw error;
  }
}
