import { Problem, type ProblemCode } from '../../../schema/problem.ts';
import type { Changed } from '../../../schema/resources/definition.ts';
import { type HostChange, type NetnsDriver, NetnsError } from '../../drivers/netns/driver.ts';
import type { HostChanges } from '../../peers/netns.ts';
import type { Resource } from '../resource.ts';
import type { BridgeStep, Bridges, ObservedBridges } from './desired.ts';
import { isUpToDate } from './interface-states.ts';
import { plan } from './plan.ts';

const NOTHING_REFUSED: ReadonlyMap<string, string> = new Map();

/** What the host's events may be about. */
export interface BridgeInterest {
  /** The resource, as it stands in labels. */
  readonly subject: string;
  /** Whether a link of that name would matter, whoever's it is. */
  isWanted(name: string): boolean;
}

/** The bridges of subnets, in the host's own namespace: stands on the netns driver. */
export function bridgesResource(
  driver: NetnsDriver,
  changes: HostChanges,
  interest: BridgeInterest,
): Resource<Bridges, ObservedBridges, BridgeStep> {
  // What the host refuses fails that interface alone. It shows nowhere on the host: kept for one attempt.
  const refused = new WeakMap<Bridges, Map<string, string>>();
  return {
    async observe(desired) {
      const names = desired.interfaces.map(({ name }) => name);
      const { links } = await driver.view([], { owners: [desired.label], aliases: [], names });
      return { links, refused: refused.get(desired) ?? NOTHING_REFUSED };
    },
    plan,
    isUpToDate,
    async apply(step) {
      if (step.name === 'bridges.delete') return driver.deleteLinks({ namespace: null, aliases: step.aliases });
      const { desired, item } = step;
      await applyOne(driver, step).catch((error: unknown) => {
        const known = refused.get(desired) ?? new Map<string, string>();
        // What took the name a moment ago is seen by the next look.
        if (!isTaken(error)) refused.set(desired, known.set(item, JSON.stringify(refusal(error, step.name))));
      });
    },
    removes: ({ name }) => name === 'bridges.delete',
    // Whatever bears a label is the network's to list: orphans are counted and taken away in one place.
    labels: [],
    labelled: () => [],
    watch: (changed) => changes.subscribe((change) => changed(changedBy(change, interest))),
  };
}

function applyOne(driver: NetnsDriver, step: Exclude<BridgeStep, { name: 'bridges.delete' }>): Promise<void> {
  const { item: name, alias } = step;
  // One that is there is kept, and finished: up, without an address of its own.
  if (step.name !== 'bridge.rename') return driver.createBridge({ name, alias, mac: step.mac });
  return driver.changeLink({ namespace: null, alias, name });
}

function isTaken(error: unknown): boolean {
  return error instanceof NetnsError && error.code === 'exists';
}

/** A conflict is what the plan itself sees, and ends with it. */
const codes: Partial<Record<NetnsError['code'], ProblemCode>> = {
  foreign: 'impossible',
  denied: 'impossible',
  unsupported: 'impossible',
  invalid: 'impossible',
};

/** Why this one interface can't be; throws what is no answer about it, or may go better in a moment. */
function refusal(error: unknown, step: string): ReturnType<Problem['toJSON']> {
  if (!(error instanceof NetnsError) || error.transient || error.code === 'missing') throw error;
  return new Problem(codes[error.code] ?? 'internal', error.message, { step, cause: error }).toJSON();
}

function changedBy({ aliases, names, everything }: HostChange, { subject, isWanted }: BridgeInterest): Changed {
  if (everything) return 'all';
  const ours = aliases.some((alias) => /^weft:[^/]+\/([^ ]+)/.exec(alias)?.[1] === subject);
  return ours || names.some(isWanted) ? [subject] : [];
}
