import type { SettingCommand } from '../../../schema/api/spp/commands.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Changed } from '../../../schema/resources/definition.ts';
import { SppError } from '../../drivers/spp/driver.ts';
import type { ProcessSnapshot, SppProcesses } from '../../peers/spp-processes.ts';
import type { HostAccess, Resource } from '../resource.ts';
import type { SppDesired, SppObserved, SppStep } from './desired.ts';
import { isThere, notConnected, plan } from './plan.ts';

const NOTHING_TRIED: ReadonlyMap<SettingCommand, string | null> = new Map();

/** Soft Patch Panel processes, by the SPP driver. */
export function sppResource(
  registry: SppProcesses,
  watch: (changed: (what: Changed) => void) => () => void,
): Resource<SppDesired, SppObserved, SppStep> {
  const beginAttempt = () => sppAttempt(registry);
  return {
    ...beginAttempt(),
    beginAttempt,
    async observeAll() {
      return { processes: mapOf(registry.snapshots()), given: false, tried: NOTHING_TRIED };
    },
    plan,
    watch,
  };
}

/** No status shows whether a command that changes nothing was sent, or was refused. */
function sppAttempt(registry: SppProcesses): HostAccess<SppDesired, SppObserved, SppStep> {
  let given = false;
  /** A repeated command would be refused because of its own effect. */
  const taken = new Set<SppStep>();
  const tried = new Map<SettingCommand, string | null>();

  /** weft has sent nothing since the status was read: the first observation does not ask the process. */
  const isFresh = (desired: SppDesired) => 'command' in desired && desired.attempt === 1 && !given;

  async function replay(process: number, item: SettingCommand): Promise<void> {
    const refusal = await registry.send(process, item).then(() => null, refusalOf);
    if (refusal && refusal.code !== 'refused' && refusal.code !== 'invalid') throw refusal;
    const isThereAlready = refusal?.code === 'refused' && registry.assumePresent(process, item);
    tried.set(item, isThereAlready ? null : (refusal?.detail ?? null));
  }

  return {
    async observe(desired) {
      const { process } = desired;
      const seen = isFresh(desired)
        ? registry.snapshot(process)
        : await registry.refresh(process).catch(nullIfDisconnected);
      return {
        processes: mapOf(seen === null ? [] : [seen]),
        given,
        tried: seen === null ? NOTHING_TRIED : readBack(tried, seen),
      };
    },
    async apply(step) {
      if (taken.has(step)) return;
      taken.add(step);
      if (step.purpose === 'replay') return replay(step.process, step.command);
      const { process, command, last } = step;
      if (command.kind === 'drop-patch') throw new Error('No process has a command to drop one patch');
      await registry.send(process, command).catch((error: unknown) => {
        throw problemOf(process, refusalOf(error));
      });
      if (last) given = true;
    },
  };
}

/** Marks commands that the process accepted without showing their effect. */
function readBack(
  tried: ReadonlyMap<SettingCommand, string | null>,
  seen: ProcessSnapshot,
): ReadonlyMap<SettingCommand, string | null> {
  const read = ([item, error]: [SettingCommand, string | null]): [SettingCommand, string | null] => [
    item,
    error ?? (isThere(item, seen) ? null : 'the process took it, and does not show it'),
  ];
  return new Map([...tried].map(read));
}

function refusalOf(error: unknown): SppError {
  if (error instanceof SppError) return error;
  throw error;
}

function mapOf(seen: readonly ProcessSnapshot[]): ReadonlyMap<number, ProcessSnapshot> {
  return new Map(seen.map((each) => [each.process, each]));
}

/**
 * A process that disconnected after it accepted the command, or before it was asked, is not connected: the plan decides
 * what follows.
 */
function nullIfDisconnected(error: unknown): null {
  if (error instanceof SppError) return null;
  throw error;
}

/** The answers of spp-ctl: 400 with the process's own message, 404, or 500 if the process did not answer. */
function problemOf(process: number, error: SppError): Problem {
  switch (error.code) {
    case 'refused':
    case 'invalid':
      return new Problem('invalid', `command error: ${error.detail}`, { cause: error });
    case 'missing':
      return notConnected(process);
    case 'timeout':
    case 'lost':
      return new Problem('internal', error.message, { cause: error });
  }
}
