import {
  attributeOf,
  childInNamespace,
  childrenNamed,
  descendant,
  element,
  textOf,
  type XmlElement,
} from '../../drivers/xml/element.ts';
import { XmlError } from '../../drivers/xml/error.ts';
import { readXml } from '../../drivers/xml/read.ts';
import { writeXml } from '../../drivers/xml/write.ts';

/** The namespace of our element in a network's metadata. */
export const NETWORK_NAMESPACE = 'urn:weft:network:1';

/** A network whose domains are on one VLAN of a bridge of Open vSwitch. */
export interface NetworkModel {
  readonly uuid: string;
  readonly name: string;
  /** The label of its resource. */
  readonly owner: string;
  readonly generation: number;
  readonly bridge: string;
  /** The tag of its access ports, 1 to 4094. */
  readonly vlan: number;
}

/** What libvirt says of a network, of ours or of others. */
export interface ObservedNetwork {
  readonly uuid: string;
  readonly name: string;
  /** From our element of its metadata; null for a network of others. */
  readonly owner: string | null;
  readonly generation: number | null;
  /** `bridge`, `nat`, `route`, …; null for an isolated one. */
  readonly forward: string | null;
  readonly bridge: string | null;
  /** `openvswitch`; null for one of a Linux bridge. */
  readonly virtualPort: string | null;
  /** Null without a tag, and for a trunk. */
  readonly vlan: number | null;
}

export type NetworkDifferenceName = 'name' | 'owner' | 'generation' | 'forward' | 'bridge' | 'virtual port' | 'vlan';

/** What is not as wanted, with both values as a person reads them. */
export interface NetworkDifference {
  readonly name: NetworkDifferenceName;
  readonly wanted: string;
  readonly found: string;
}

/**
 * The document for virNetworkDefineXML, after libvirt's "Network XML format".
 *
 * @throws XmlError for a text that XML cannot carry
 */
export function networkXml({ uuid, name, owner, generation, bridge, vlan }: NetworkModel): string {
  return writeXml(
    element('network', {}, [
      element('name', {}, name),
      element('uuid', {}, uuid),
      element('metadata', {}, [element('weft:network', { 'xmlns:weft': NETWORK_NAMESPACE, owner, generation })]),
      element('forward', { mode: 'bridge' }),
      element('bridge', { name: bridge }),
      element('virtualport', { type: 'openvswitch' }),
      element('vlan', {}, [element('tag', { id: vlan })]),
    ]),
  );
}

/**
 * A network as virNetworkGetXMLDesc describes it.
 *
 * @throws XmlError `malformed`: it is not the XML of a network
 */
export function readNetwork(text: string): ObservedNetwork {
  const root = readXml('network', text);
  const name = textOf(root, 'name');
  const uuid = textOf(root, 'uuid');
  if (root.name !== 'network' || name === null || uuid === null) {
    throw new XmlError('malformed', 'read network', 'it has no name or no UUID');
  }
  const ours = childInNamespace(descendant(root, 'metadata'), NETWORK_NAMESPACE, 'network');
  const forward = descendant(root, 'forward');
  return {
    uuid,
    name,
    owner: attributeOf(ours, 'owner'),
    generation: integerFrom(attributeOf(ours, 'generation')),
    // Without a mode it is libvirt's default.
    forward: forward === undefined ? null : (attributeOf(forward, 'mode') ?? 'nat'),
    bridge: attributeOf(descendant(root, 'bridge'), 'name'),
    virtualPort: attributeOf(descendant(root, 'virtualport'), 'type'),
    vlan: tagOf(descendant(root, 'vlan')),
  };
}

function tagOf(vlan: XmlElement | undefined): number | null {
  const [tag, ...others] = childrenNamed(vlan, 'tag');
  const isTrunk = others.length > 0 || attributeOf(vlan, 'trunk') === 'yes';
  return isTrunk ? null : integerFrom(attributeOf(tag, 'id'));
}

function integerFrom(text: string | null): number | null {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;
}

/** The differences of a network from its model, in a fixed order; none if there is nothing to repair. */
export function networkDifferences(model: NetworkModel, observed: ObservedNetwork): NetworkDifference[] {
  const compared: readonly (readonly [NetworkDifferenceName, string, string | number | null])[] = [
    ['name', model.name, observed.name],
    ['owner', model.owner, observed.owner],
    ['generation', String(model.generation), observed.generation],
    ['forward', 'bridge', observed.forward],
    ['bridge', model.bridge, observed.bridge],
    ['virtual port', 'openvswitch', observed.virtualPort],
    ['vlan', String(model.vlan), observed.vlan],
  ];
  return compared.flatMap(([name, wanted, value]) => {
    const found = String(value ?? '');
    return wanted === found ? [] : [{ name, wanted, found }];
  });
}
