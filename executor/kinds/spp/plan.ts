import { operationKinds, type SettingCommand, type SppCommand } from '../../../schema/api/spp/commands.ts';
import { Problem } from '../../../schema/problem.ts';
import { type ProcessStatus, SppError } from '../../drivers/spp/driver.ts';
import type { ProcessSnapshot } from '../../peers/spp-processes.ts';
import type { Step } from '../resource.ts';
import type { CommandDesired, ReplayDesired, SppDesired, SppObserved, SppStep } from './desired.ts';
import { inOrder, isDone } from './effects.ts';

/**
 * A process that lost the connection reconnects within a second or two; this many attempts, with growing pauses, take
 * half a minute.
 */
const ATTEMPTS_UNTIL_GONE = 8;

/** The commands that are still to be sent. Throws a {@link Problem} 404 for a process that is not connected. */
export function plan(desired: SppDesired, observed: SppObserved): SppStep[] {
  return 'command' in desired ? planCommand(desired, observed) : planReplay(desired, observed);
}

function planCommand(desired: CommandDesired, { processes, given }: SppObserved): SppStep[] {
  if (given) return [];
  const { process, type, command, attempt } = desired;
  const seen = processes.get(process);
  if (seen?.info.type !== type) {
    if (attempt > 1 && command.kind === 'exit') return [];
    throw attempt > 1 && attempt <= ATTEMPTS_UNTIL_GONE ? notBack(process) : notConnected(process);
  }
  const { status } = seen.info;
  if (attempt > 1 && isDone(command, status)) return [];
  const commands = command.kind === 'drop-patch' ? dropPatch(command, status) : [command];
  return commands.map((each, index) => {
    const last = index === commands.length - 1;
    return { ...named(each), process, purpose: 'command', command: each, last };
  });
}

/** The commands whose effect the process lacks. A process that is not connected gets them when it connects. */
function planReplay(desired: ReplayDesired, { processes, tried }: SppObserved): SppStep[] {
  const seen = processes.get(desired.process);
  if (!seen) return [];
  const own = desired.items.filter(({ type }) => type === seen.info.type).map(({ command }) => command);
  return inOrder(own)
    .filter((item) => !tried.has(item) && !isThere(item, seen))
    .map((item) => ({ ...named(item), process: desired.process, purpose: 'replay', command: item }));
}

/** Whether the process has what the command sets, as far as that can be determined. */
export function isThere(item: SettingCommand, { info, sent }: ProcessSnapshot): boolean {
  return isDone(item, info.status) || sent.has(JSON.stringify(item));
}

function named({ kind }: SppCommand): Step {
  return { name: operationKinds[kind], item: null };
}

function dropPatch(
  { source, destination }: { source: string; destination: string },
  status: ProcessStatus,
): SppCommand[] {
  const patches = status.type === 'nfv' ? status.patches : [];
  const others = patches.filter((patch) => patch.source !== source || patch.destination !== destination);
  if (others.length === patches.length) {
    throw new Problem('invalid', `command error: there is no patch from ${source} to ${destination}`);
  }
  return [{ kind: 'reset-patches' }, ...others.map((patch) => ({ kind: 'patch', ...patch }) as const)];
}

/** Worth a retry: the effect of the operation's earlier attempt can only be seen on the process. */
function notBack(process: number): SppError {
  return new SppError('lost', `look at process ${process}`, 'it has not connected again yet');
}

export function notConnected(process: number): Problem {
  return new Problem('not_found', process === 0 ? 'primary not found.' : `sec_id ${process} not found.`);
}
