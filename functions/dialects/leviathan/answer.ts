import type { CenBody, ContainerBody, ContainerPut } from '../../../schema/api/leviathan.ts';
import { readCen, readContainer } from '../../commands/networks/read.ts';
import type { AppContext } from '../../context.ts';
import type { AcceptedOperation } from '../../intent/operation.ts';
import { type Encode, orAsRecorded } from '../../intent/submit.ts';
import { answerJson } from '../../middleware/json.ts';

/* leviathan answers a write with what it changed as it is now; where that is gone since, as the write left it. */

/** Answers the CEN; `containers`: of those that the operation is about, the ones that were in it afterwards. */
export function answerCen(c: AppContext, cen: string, containers: string[]): Encode {
  return orAsRecorded(
    c,
    async (operation) => answerJson(c, await readCen(whereOf(c, operation), cen)),
    ({ hypervisor_name }) => {
      const body: CenBody = {
        cenID: cen,
        contIDs: containers,
        wiring_type: null,
        status: 'pending',
        wires: [],
        hypervisors: hypervisor_name === null ? [] : [hypervisor_name],
      };
      return answerJson(c, body);
    },
  );
}

/** Answers the container; `host`: as its path names it. */
export function answerContainer(c: AppContext, host: string, container: string, put: ContainerPut): Encode {
  return orAsRecorded(
    c,
    async (operation) => answerJson(c, await readContainer(whereOf(c, operation), container)),
    ({ hypervisor_name }) => {
      const { tag = null, memory, vcpus } = put;
      const body: ContainerBody = {
        contID: container,
        hostID: hypervisor_name ?? host,
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

/** The operation knows its hypervisor, whatever that is called by now. */
function whereOf(c: AppContext, { hypervisor }: AcceptedOperation) {
  return { database: c.get('settings').database, host: hypervisor ?? '' };
}
