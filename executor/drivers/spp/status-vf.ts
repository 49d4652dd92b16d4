import type { ComponentType } from './commands.ts';
import { numberOf, objectsOf, textOf } from './fields.ts';
import { isObject, type JsonObject, parseObject } from './reply.ts';

/** A port's number; text for a queue, `0nq1`. */
export type PortNumber = number | string;

export interface AttachedPort {
  port: string;
  vlan: { operation: 'none' | 'add' | 'remove'; id: number; priority: number };
  /** The process does not report how it handles VLAN tags. */
  vlanUnknown?: true;
}

export interface VfComponent {
  name: string;
  core: number;
  /** Null for a type that this driver does not know. */
  type: ComponentType | null;
  rx: AttachedPort[];
  tx: AttachedPort[];
}

export interface ClassifierEntry {
  /** As the process reported it. */
  mac: string;
  port: string;
  /** Null: matches by the address alone. */
  vlanId: number | null;
}

export interface VfStatus {
  type: 'vf' | 'mirror';
  clientId: number | null;
  /** Null before 2019. */
  masterCore: number | null;
  /** Ports stay listed when their component is stopped. */
  ports: { phy: PortNumber[]; vhost: PortNumber[]; ring: PortNumber[] };
  components: VfComponent[];
  /** Cores on which nothing runs. */
  idleCores: number[];
  /** Empty for a mirror. */
  classifiers: ClassifierEntry[];
}

const COMPONENT_TYPES: Readonly<Record<string, ComponentType>> = {
  forward: 'forward',
  merge: 'merge',
  classifier_mac: 'classifier',
  classifier: 'classifier',
  mirror: 'mirror',
};

const VLAN_OPERATIONS: Readonly<Record<string, AttachedPort['vlan']['operation']>> = { add: 'add', del: 'remove' };

/** The status of a vf or mirror, 2018 to 2020; null for any other text. */
export function parseVfStatus(type: 'vf' | 'mirror', text: string): VfStatus | null {
  const info = parseObject(text)?.info;
  if (!isObject(info) || !Array.isArray(info.core) || !Array.isArray(info.ring)) return null;
  const status: VfStatus = {
    type,
    clientId: numberOf(info['client-id']),
    masterCore: numberOf(info['master-lcore']),
    ports: { phy: portNumbers(info.phy), vhost: portNumbers(info.vhost), ring: portNumbers(info.ring) },
    components: [],
    idleCores: [],
    classifiers: objectsOf(info.classifier_table)
      .map(classifier)
      .filter((entry) => entry !== null),
  };
  for (const entry of objectsOf(info.core)) {
    const core = numberOf(entry.core);
    const name = textOf(entry.name);
    if (core === null) continue;
    if (name === null) status.idleCores.push(core);
    else status.components.push(component(entry, name, core));
  }
  return status;
}

/** Numbers until 2018, strings later. */
function portNumbers(value: unknown): PortNumber[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry) => numberOf(entry) ?? textOf(entry)).filter((entry) => entry !== null);
}

function component(entry: JsonObject, name: string, core: number): VfComponent {
  const type = COMPONENT_TYPES[textOf(entry.type) ?? ''] ?? null;
  return { name, core, type, rx: attachedPorts(entry.rx_port), tx: attachedPorts(entry.tx_port) };
}

function attachedPorts(value: unknown): AttachedPort[] {
  const ports: AttachedPort[] = [];
  for (const entry of objectsOf(value)) {
    const port = textOf(entry.port);
    if (port === null) continue;
    const vlan = isObject(entry.vlan) ? entry.vlan : {};
    const operation = VLAN_OPERATIONS[textOf(vlan.operation) ?? ''] ?? 'none';
    ports.push({
      port,
      vlan: { operation, id: numberOf(vlan.id) ?? 0, priority: numberOf(vlan.pcp) ?? 0 },
      ...(isObject(entry.vlan) ? {} : { vlanUnknown: true }),
    });
  }
  return ports;
}

/** `{ "type": "vlan", "value": "475/FA:16:3E:7D:CC:36", "port": "ring:3" }`, or `mac` without the number. */
function classifier(entry: JsonObject): ClassifierEntry | null {
  const value = textOf(entry.value);
  const port = textOf(entry.port);
  if (value === null || port === null) return null;
  if (entry.type !== 'vlan') return { mac: value, port, vlanId: null };
  const slash = value.indexOf('/');
  return { mac: value.slice(slash + 1), port, vlanId: numberOf(value.slice(0, Math.max(slash, 0))) };
}
