import type { CenBody, ContainerBody, ContainerPut } from '../../../schema/api/leviathan.ts';
import { readCen } from '../../commands/cens/read.ts';
import { readContainer } from '../../commands/containers/read.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import type { AcceptedOperation } from '../../operations/operation.ts';
import { type Encode, orAsRecorded } from '../../operations/submit.ts';

/*
 * leviathan answers a write with the current state of what it changed; if that is gone, with its state after the write.
 */

/** Answers the CEN; `containers`: those of the operation's containers that were members afterwards. */
export function answerCen(c: AppContext, cen: string, containers: string[]): Encode {
  return orAsRecorded(
    c,
    async (operation) => answerJson(c, await readCen(whereOf(c, operation), cen)),
    ({ hypervisor_name }) => {
      const body: CenBody = {
        cenID: cen,
        contIDs: containers,
        wiring_type: null,
        wire_type: null,
        status: 'pending',
        wires: [],
        hypervisors: hypervisor_name === null ? [] : [hypervisor_name],
      };
      return answerJson(c, body);
    },
  );
}

export function answerContainer(c: AppContext, container: string): Encode {
  return orAsRecorded(
    c,
    async (operation) => answerJson(c, await readContainer(whereOf(c, operation), container)),
    ({ hypervisor_name, request }) => {
      const { tag = null, memory, vcpus }: ContainerPut = JSON.parse(request);
      const body: ContainerBody = {
        contID: container,
        hostID: hypervisor_name ?? c.req.param('HostId') ?? '',
        cens: [],
        tag,
        ...(memory == null ? {} : { memory }),
        ...(vcpus == null ? {} : { vcpus }),
        ipaddresses: [],
        state: 'running',
      };
      return answerJson(c, body);
    },
  );
}

/** From the operation, which names its hypervisor even if that was renamed since. */
function whereOf(c: AppContext, { hypervisor }: AcceptedOperation) {
  return { database: c.get('settings').database, host: hypervisor ?? '' };
}
