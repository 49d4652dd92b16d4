import * as v from 'valibot';
import { containerIdSchema } from '../../../schema/api/leviathan.ts';
import { stopSchema } from '../../../schema/api/leviathan-processes.ts';
import { Problem } from '../../../schema/problem.ts';
import type { ProcessAction } from '../../../schema/resources/network/process.ts';
import { defineCommand } from '../../operations/command.ts';
import { namedHost } from '../../operations/command-context.ts';
import { containerResource, containerSubjects, fromContainer, unknownContainer } from './container.ts';
import { ofContainer } from './host.ts';

/** That it was stopped by request is recorded before it is, and holds until it is started. */
const want = `
  UPDATE containers SET generation = generation + 1, spec = json_set(spec, '$.process.wanted', :wanted)
  WHERE id = (SELECT c.id ${fromContainer})`;

/** Starts or ends the process of a container; its network is not changed. */
function actOnProcess(action: ProcessAction) {
  return defineCommand({
    kind: `container.${action}`,
    role: 'operator',
    request: v.object({ contID: containerIdSchema, ...stopSchema.pipe[1].entries }),
    target: ofContainer,
    resource: containerResource,
    status: 'pending',
    arguments: ({ request }) => ({
      container: request.contID,
      wanted: action === 'stop' || action === 'kill' ? 'stopped' : 'running',
    }),
    guards: [
      {
        id: 'unknown_container',
        holds: `EXISTS (SELECT 1 ${fromContainer} AND c.desired = 'present')`,
        problem: (input) => unknownContainer(namedHost(input), input.request.contID),
      },
      {
        id: 'no_process',
        holds: `EXISTS (SELECT 1 ${fromContainer} AND c.spec -> '$.process' IS NOT NULL)`,
        problem: ({ request }) =>
          new Problem('conflict', `Container ${request.contID} has no process`, {
            hint: 'A PUT that names an image gives it one',
          }),
      },
    ],
    rows: [want],
    subjects: [containerSubjects],
  });
}

export const startContainer = actOnProcess('start');
export const stopContainer = actOnProcess('stop');
export const restartContainer = actOnProcess('restart');
export const killContainer = actOnProcess('kill');
