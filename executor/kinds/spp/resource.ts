import type { SettingCommand } from '../../../schema/api/spp/commands.ts';
import { Problem } from '../../../schema/problem.ts';
import type { Changed } from '../../../schema/resources/definition.ts';
import { SppError } from '../../drivers/spp/driver.ts';
import type { ProcessSnapshot, SppProcesses } from '../../peers/spp-processes.ts';
import type { Resource } from '../resource.ts';
import type { SppDesired, SppObserved, SppStep } from './desired.ts';
import { isThere, notConnected, plan } from './plan.ts';

const NOTHING_TRIED: ReadonlyMap<SettingCommand, string | null> = new Map();

/** Soft Patch Panel processes: stands on the SPP driver. */
export function sppResource(
  registry: SppProcesses,
  watch: (changed: (what: Changed) => void) => () => void,
): Resource<SppDesired, SppObserved, SppStep> {
  // A status does not tell whether a command was given that changes nothing, or was refused: kept for one attempt.
  const given = new WeakSet<SppDesired>();
  /** Taken twice, a command would be refused for what it has done itself. */
  const taken = new WeakSet<SppStep>();
  const tried = new WeakMap<SppDesired, Map<SettingCommand, string | null>>();

  /** Nothing of ours has changed it since its status was read: the first look needs no question. */
  const isFresh = (desired: SppDesired) => 'command' in desired && desired.attempt === 1 && !given.has(desired);

  return {
    async observe(desired) {
      const { process } = desired;
      const seen = isFresh(desired) ? registry.snapshot(process) : await registry.refresh(process).catch(goneIsGone);
      return {
        processes: mapOf(seen === null ? [] : [seen]),
        given: given.has(desired),
        tried: seen === null ? NOTHING_TRIED : readBack(tried.get(desired), seen),
      };
    },
    async observeAll() {
      return { processes: mapOf(registry.snapshots()), given: false, tried: NOTHING_TRIED };
    },
    plan,
    async apply(step) {
      const { process, command, desired, last } = step;
      if (command.kind === 'drop-patch') throw new Error('No process has a command to drop one patch');
      if (taken.has(step)) return;
      taken.add(step);
      const refusal = await registry.send(process, command).then(() => null, refusalOf);
      if ('command' in desired) {
        if (refusal) throw problemOf(process, refusal);
        if (last) given.add(desired);
        return;
      }
      if (refusal && refusal.code !== 'refused' && refusal.code !== 'invalid') throw refusal;
      const known = tried.get(desired) ?? new Map<SettingCommand, string | null>();
      const isThereAlready = refusal?.code === 'refused' && registry.assumePresent(process, command);
      // A replay gives nothing but what sets something.
      tried.set(desired, known.set(command as SettingCommand, isThereAlready ? null : (refusal?.detail ?? null)));
    },
    removes: () => false,
    labels: [],
    labelled: () => [],
    watch,
  };
}

/** What the process took without a word, and does not show. */
function readBack(
  tried: ReadonlyMap<SettingCommand, string | null> | undefined,
  seen: ProcessSnapshot,
): ReadonlyMap<SettingCommand, string | null> {
  if (!tried) return NOTHING_TRIED;
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

/** A process that went after it took the command, or before it was asked, is not there: the plan says what that means. */
function goneIsGone(error: unknown): null {
  if (error instanceof SppError) return null;
  throw error;
}

/** How spp-ctl's clients hear of it: 400 with the process' own words, 404, or 500 where no answer came. */
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
