import { executeBodySchema } from '../../../schema/api/leviathan-calls.ts';
import { executeCommand, forgetOutput } from '../../commands/containers/exec.ts';
import { readStrictBody } from '../../http/body.ts';
import type { AppContext } from '../../http/context.ts';
import { answerJson } from '../../http/json.ts';
import { submit } from '../../operations/submit.ts';
import { containerOf, onHost } from './containers.ts';

/** POST /host/{h}/{c}/exec: answers when the command itself has ended. */
export function execute(c: AppContext): Promise<Response> {
  const contID = containerOf(c);
  return submit(
    c,
    async () => executeCommand.prepare(await onHost(c), { ...(await readStrictBody(c, executeBodySchema)), contID }),
    async ({ id, result }) => {
      const answer = answerJson(c, JSON.parse(result ?? 'null'));
      await forgetOutput(c.get('settings').database, id);
      return answer;
    },
  );
}
