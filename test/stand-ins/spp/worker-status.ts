import { formatHardwareAddress } from './c-numbers.ts';
import { type ProcessOptions, workerWords } from './era.ts';
import type { Forwarding } from './forwarding.ts';
import { DEFAULT_ADDRESS, type Entry, type RunningComponent, type RunningPort } from './worker-components.ts';
import { portName, UNTAGGED } from './worker-ports.ts';
import { block, list, member } from './worker-text.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the status of a vf or a mirror.
 */

/** The `info` of the status, or undefined if the process fails and sends nothing. */
export function workerStatus(
  options: ProcessOptions,
  { ports, components }: Forwarding,
  withTable: boolean,
): string | undefined {
  const cores = components.cores();
  if (cores.some((core) => core.components.some(({ type }) => type === 'none'))) return undefined;
  const classifier = workerWords(options.era).classifier;
  const members = [
    member('client-id', options.clientId),
    member('phy', list(ports.numbers('phy'))),
    member('vhost', list(ports.numbers('vhost'))),
    member('ring', list(ports.numbers('ring'))),
    ...(options.era === '2020' ? [member('master-lcore', 0)] : []),
    member('core', list(cores.flatMap(({ core, components: running }) => coreTexts(core, running, classifier)))),
    ...(withTable ? [member('classifier_table', list(components.table().map(entryText)))] : []),
  ];
  return member('info', block(members));
}

function coreTexts(core: number, components: readonly RunningComponent[], classifier: string): string[] {
  if (components.length === 0) return [block([member('core', core), member('type', 'unuse')]).text];
  return components.map(({ name, type, ports }) => {
    const members = [
      member('core', core),
      member('name', name),
      member('type', type === 'classifier' ? classifier : type),
      member('rx_port', list(ports.rx.map(portText))),
      member('tx_port', list(ports.tx.map(portText))),
    ];
    return block(members).text;
  });
}

function portText({ port, vlan }: RunningPort): string {
  const operation = [member('operation', vlan.operation), member('id', vlan.id), member('pcp', vlan.priority)];
  return block([member('port', portName(port)), member('vlan', block(operation))]).text;
}

function entryText({ vlan, address, port }: Entry): string {
  const written = address === DEFAULT_ADDRESS ? 'default' : formatHardwareAddress(address);
  const [type, value] = vlan === UNTAGGED ? ['mac', written] : ['vlan', `${vlan}/${written}`];
  return block([member('type', type), member('value', value), member('port', portName(port))]).text;
}
