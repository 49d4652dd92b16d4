import type { ProcessOptions } from './era.ts';
import type { PortMap } from './port-map.ts';

/*
 * A stand-in written from recorded facts: the real SPP processes need DPDK and huge pages, which a test machine does
 * not have. This file is the status of an nfv, which had two forms over the recorded eras.
 */

interface NfvState {
  readonly ports: PortMap;
  readonly clientId: number;
  readonly running: boolean;
}

export function nfvStatus({ era, cores = [1] }: ProcessOptions, { ports, clientId, running }: NfvState): string {
  const listed = ports.listed();
  const status = running ? 'running' : 'idling';
  if (era !== '2020') {
    return `status: ${status}\nports: '${listed.map(({ name, target }) => `${name}-${target ?? 'null'}`).join()}'`;
  }
  const patches = listed.flatMap(({ name, target }) => (target === undefined ? [] : [{ src: name, dst: target }]));
  return JSON.stringify({
    'client-id': clientId,
    status,
    'master-lcore': 0,
    lcores: [0, ...cores],
    ports: listed.map(({ name }) => name),
    patches,
  });
}
