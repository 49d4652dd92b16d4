import { waiting } from '../../conformance/example.ts';
import type { DatabaseScenario } from '../database-scenario.ts';

/** An executor is dropped during its work, and the next one starts, continues and does more. */
export const start: DatabaseScenario = {
  times: {},
  async run(lab) {
    const halted = lab.haltAt('namespace.create:after');
    const first = lab.request('PUT', '/host/host1/a', undefined, waiting);
    await halted;
    await lab.abandon();
    await lab.startExecutor();
    const answers = [(await first).status, (await lab.request('PUT', '/host/host1/b', undefined, waiting)).status];
    return answers;
  },
  async clear(lab) {
    for (const name of ['a', 'b']) await lab.request('DELETE', `/host/host1/${name}`, undefined, waiting);
  },
};
