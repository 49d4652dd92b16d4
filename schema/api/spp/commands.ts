import * as v from 'valibot';

/*
 * Commands to SPP processes as operations store them. The executor's driver translates them for each process' version.
 */

const componentTypes = ['forward', 'merge', 'classifier', 'mirror'] as const;

/** What a port does to the VLAN tag of its packets. */
const vlanTagSchema = v.variant('operation', [
  v.object({ operation: v.literal('add'), id: v.number(), priority: v.number() }),
  v.object({ operation: v.literal('remove') }),
]);
export type VlanTag = Readonly<v.InferOutput<typeof vlanTagSchema>>;

function command<const Kind extends string, const Entries extends v.ObjectEntries>(kind: Kind, entries: Entries) {
  return v.object({ kind: v.literal(kind), ...entries });
}

const attachment = { port: v.string(), direction: v.picklist(['rx', 'tx']), component: v.string() };
const classifier = { mac: v.string(), port: v.string(), vlanId: v.nullable(v.number()) };
const patch = { source: v.string(), destination: v.string() };

/** Commands with a lasting effect on the process, which are replayed when it reconnects without it. */
const settingSchemas = [
  command('start-component', { name: v.string(), core: v.number(), type: v.picklist(componentTypes) }),
  command('attach-port', { ...attachment, vlan: v.exactOptional(vlanTagSchema) }),
  command('add-classifier', classifier),
  command('add-port', { port: v.string() }),
  command('add-pipe', { port: v.string(), rx: v.string(), tx: v.string() }),
  command('patch', patch),
  command('forward', {}),
  command('start-capture', {}),
] as const;
export type SettingCommand = Readonly<v.InferOutput<(typeof settingSchemas)[number]>>;

const commandSchemas = [
  ...settingSchemas,
  command('stop-component', { name: v.string() }),
  command('detach-port', attachment),
  command('remove-classifier', classifier),
  command('remove-port', { port: v.string() }),
  command('reset-patches', {}),
  command('stop', {}),
  command('stop-capture', {}),
  command('clear', {}),
  command('exit', {}),
  // No process has such a command: all patches are reset and the others are set again.
  command('drop-patch', patch),
] as const;
export type SppCommand = Readonly<v.InferOutput<(typeof commandSchemas)[number]>>;

const processTypes = ['primary', 'vf', 'nfv', 'mirror', 'pcap'] as const;
export type ProcessType = (typeof processTypes)[number];

/** A process that has connected. */
const processSchema = v.object({
  /** Client id; 0: the primary. */
  process: v.number(),
  type: v.picklist(processTypes),
});
export type SppProcess = Readonly<v.InferOutput<typeof processSchema>>;

/** What the operation of a command keeps as its request; by the kind of the operation. */
export function sppRequestSchema(operation: string) {
  const commands = commandSchemas.filter(({ entries }) => operationKinds[entries.kind.literal] === operation);
  return v.object({ ...processSchema.entries, command: v.union(commands) });
}
export type SppRequest = Readonly<v.InferOutput<ReturnType<typeof sppRequestSchema>>>;

/** The kind of the operation of each command. */
export const operationKinds: Readonly<Record<SppCommand['kind'], string>> = {
  'start-component': 'spp.component.start',
  'stop-component': 'spp.component.stop',
  'attach-port': 'spp.port.attach',
  'detach-port': 'spp.port.detach',
  'add-classifier': 'spp.classifier.add',
  'remove-classifier': 'spp.classifier.remove',
  'add-port': 'spp.port.add',
  'add-pipe': 'spp.port.add',
  'remove-port': 'spp.port.remove',
  patch: 'spp.patch.add',
  'drop-patch': 'spp.patch.remove',
  'reset-patches': 'spp.patch.reset',
  forward: 'spp.forward.start',
  stop: 'spp.forward.stop',
  'start-capture': 'spp.capture.start',
  'stop-capture': 'spp.capture.stop',
  clear: 'spp.status.clear',
  exit: 'spp.exit',
};

export const REPLAY = 'spp.replay';

/** The subject of every change of a process. */
export function processSubject(hypervisor: string, process: number): string {
  return `hypervisors/${hypervisor}${processPath(process)}`;
}

/** What stands behind the hypervisor in it. */
export function processPath(process: number): string {
  return `/spp/${process === 0 ? 'primary' : process}`;
}

export function processOfSubject(subject: string): number {
  const name = subject.slice(subject.lastIndexOf('/') + 1);
  return name === 'primary' ? 0 : Number(name);
}
