import * as v from 'valibot';
import type {
  AttachedPort,
  Classifier,
  Component,
  ConnectedProcess,
  MirrorStatus,
  NfvStatus,
  PcapCore,
  PcapStatus,
  PrimaryStatus,
  VfStatus,
} from './status.ts';

/*
 * The answers to GET requests, with their members in the order of spp-ctl's document, or for extensions of later SPP.
 */

export const processesBodySchema = v.array(
  v.union([
    v.object({ type: v.literal('primary') }),
    v.object({ type: v.picklist(['vf', 'nfv', 'mirror', 'pcap']), 'client-id': v.number() }),
  ]),
);
export type ProcessesBody = v.InferOutput<typeof processesBodySchema>;

const portBodySchema = v.object({
  port: v.string(),
  vlan: v.object({ operation: v.picklist(['none', 'add', 'del']), id: v.number(), pcp: v.number() }),
});
export type PortBody = v.InferOutput<typeof portBodySchema>;

const componentBodySchema = v.union([
  v.object({ core: v.number(), type: v.literal('unuse') }),
  v.object({
    core: v.number(),
    name: v.string(),
    type: v.picklist(['forward', 'merge', 'classifier_mac', 'mirror', 'unknown']),
    rx_port: v.array(portBodySchema),
    tx_port: v.array(portBodySchema),
  }),
]);
export type ComponentBody = v.InferOutput<typeof componentBodySchema>;

const classifierBodySchema = v.object({ type: v.picklist(['mac', 'vlan']), value: v.string(), port: v.string() });

export const vfBodySchema = v.object({
  'client-id': v.number(),
  ports: v.array(v.string()),
  components: v.array(componentBodySchema),
  classifier_table: v.array(classifierBodySchema),
});
export type VfBody = v.InferOutput<typeof vfBodySchema>;

export const nfvBodySchema = v.object({
  'client-id': v.number(),
  status: v.picklist(['Running', 'Idle']),
  ports: v.array(v.string()),
  patches: v.array(v.object({ src: v.string(), dst: v.string() })),
});
export type NfvBody = v.InferOutput<typeof nfvBodySchema>;

export const mirrorBodySchema = v.object({
  'client-id': v.number(),
  ports: v.array(v.string()),
  'master-lcore': v.optional(v.number()),
  components: v.array(componentBodySchema),
});
export type MirrorBody = v.InferOutput<typeof mirrorBodySchema>;

const pcapCoreBodySchema = v.union([
  v.object({ core: v.number(), role: v.string(), rx_port: v.array(v.object({ port: v.string() })) }),
  v.object({ core: v.number(), role: v.literal('write'), filename: v.string() }),
]);

export const pcapBodySchema = v.object({
  'client-id': v.number(),
  status: v.picklist(['running', 'idle']),
  'master-lcore': v.optional(v.number()),
  core: v.array(pcapCoreBodySchema),
});
export type PcapBody = v.InferOutput<typeof pcapBodySchema>;

export const primaryBodySchema = v.record(v.string(), v.unknown());
export type PrimaryBody = v.InferOutput<typeof primaryBodySchema>;

/** GET /v1/processes: the primary first, then by id. */
export function processesBody(processes: readonly ConnectedProcess[]): ProcessesBody {
  return processes
    .toSorted((one, other) => idOf(one) - idOf(other))
    .map((process) =>
      process.type === 'primary' ? { type: process.type } : { type: process.type, 'client-id': process.clientId },
    );
}

/** GET /v1/vfs/{id} */
export function vfBody(status: VfStatus): VfBody {
  return {
    'client-id': status.clientId,
    ports: portIds(status),
    components: componentBodies(status),
    classifier_table: status.classifiers.map(classifierBody),
  };
}

/** GET /v1/nfvs/{id} */
export function nfvBody(status: NfvStatus): NfvBody {
  return {
    'client-id': status.clientId,
    status: status.running ? 'Running' : 'Idle',
    ports: status.ports,
    patches: status.patches.map(({ source, destination }) => ({ src: source, dst: destination })),
  };
}

/** GET /v1/mirrors/{id} (extension) */
export function mirrorBody(status: MirrorStatus): MirrorBody {
  return {
    'client-id': status.clientId,
    ports: portIds(status),
    ...masterCore(status),
    components: componentBodies(status),
  };
}

/** GET /v1/pcaps/{id} (extension) */
export function pcapBody(status: PcapStatus): PcapBody {
  return {
    'client-id': status.clientId,
    status: status.running ? 'running' : 'idle',
    ...masterCore(status),
    core: status.cores.map(pcapCoreBody),
  };
}

/** GET /v1/primary/status: `{}` for a primary without statistics. */
export function primaryBody(status: PrimaryStatus): PrimaryBody {
  return status.figures ?? {};
}

function idOf(process: ConnectedProcess): number {
  return process.type === 'primary' ? Number.NEGATIVE_INFINITY : process.clientId;
}

function portIds({ ports }: VfStatus | MirrorStatus): string[] {
  return (['phy', 'vhost', 'ring'] as const).flatMap((type) => ports[type].map((number) => `${type}:${number}`));
}

function masterCore(status: MirrorStatus | PcapStatus): { 'master-lcore'?: number } {
  return status.masterCore === null ? {} : { 'master-lcore': status.masterCore };
}

/** By core, as the process lists them; a core may run several components. */
function componentBodies({ components, idleCores }: VfStatus | MirrorStatus): ComponentBody[] {
  return [...components.map(componentBody), ...idleCores.map((core) => ({ core, type: 'unuse' as const }))].toSorted(
    (one, other) => one.core - other.core,
  );
}

function componentBody({ core, name, type, rx, tx }: Component): ComponentBody {
  return {
    core,
    name,
    type: type === 'classifier' ? 'classifier_mac' : (type ?? 'unknown'),
    rx_port: rx.map(portBody),
    tx_port: tx.map(portBody),
  };
}

function portBody({ port, vlan: { operation, id, priority } }: AttachedPort): PortBody {
  return { port, vlan: { operation: operation === 'remove' ? 'del' : operation, id, pcp: priority } };
}

function classifierBody({ mac, port, vlanId }: Classifier): v.InferOutput<typeof classifierBodySchema> {
  return vlanId === null ? { type: 'mac', value: mac, port } : { type: 'vlan', value: `${vlanId}/${mac}`, port };
}

function pcapCoreBody({ core, role, ports, file }: PcapCore): v.InferOutput<typeof pcapCoreBodySchema> {
  return role === 'write'
    ? { core, role, filename: file ?? '' }
    : { core, role, rx_port: ports.map((port) => ({ port })) };
}
