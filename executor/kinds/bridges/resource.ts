import { hardwareAddress } from '../../../schema/names.ts';
import { Problem, type ProblemDetails } from '../../../schema/problem.ts';
import { type NetnsDriver, NetnsError } from '../../drivers/netns/driver.ts';
import type { HostChanges } from '../../peers/netns.ts';
import type { HostAccess, Resource } from '../resource.ts';
import { type BridgeStep, type Bridges, type InterfaceStep, type ObservedBridges, plan } from './plan.ts';

interface Named {
  /** The name of the resource in operations. */
  readonly subject: string;
  readonly label: string;
}

/**
 * The bridges of subnets, in the host's own namespace, by the netns driver. The network kind handles their orphans,
 * since it lists all labelled objects.
 */
export function bridgesResource(
  driver: NetnsDriver,
  changes: HostChanges,
  { subject, label }: Named,
): Resource<Bridges, ObservedBridges, BridgeStep> {
  // Links come and go on a host all the time: events of foreign links matter only if the link has a desired name.
  let wanted: readonly string[] = [];

  function beginAttempt(): HostAccess<Bridges, ObservedBridges, BridgeStep> {
    const refused = new Map<string, ProblemDetails>();
    return {
      async observe({ interfaces }) {
        wanted = interfaces.map(({ name }) => name);
        const { links } = await driver.view([], { owners: [label], aliases: [], names: wanted });
        return { links, refused };
      },
      async apply(step) {
        if (step.name === 'bridges.delete') return driver.deleteLinks({ namespace: null, aliases: step.aliases });
        await change(driver, step).catch((error: unknown) => {
          // A link that has just taken the name is found by the next observation.
          if (!isTaken(error)) refused.set(step.item, refusal(error, step.name));
        });
      },
    };
  }

  return {
    ...beginAttempt(),
    beginAttempt,
    plan,
    removes: ({ name }) => name === 'bridges.delete',
    watch: (changed) =>
      changes.subscribe(({ aliases, names, everything }) => {
        const matters =
          aliases.some((alias) => alias.startsWith(`${label} `)) || names.some((name) => wanted.includes(name));
        changed(everything ? 'all' : matters ? [subject] : []);
      }),
  };
}

/** Renames an existing bridge, or creates one, set up and without an address of its own. */
function change(driver: NetnsDriver, { name: verb, item: name, alias }: InterfaceStep): Promise<void> {
  return verb === 'bridge.rename'
    ? driver.changeLink({ namespace: null, alias, name })
    : driver.createBridge({ name, alias, mac: hardwareAddress(alias) });
}

function isTaken(error: unknown): boolean {
  return error instanceof NetnsError && error.code === 'exists';
}

/** The problem of this one interface; throws errors that do not concern it, or are transient. */
function refusal(error: unknown, step: string): ProblemDetails {
  if (!(error instanceof NetnsError) || error.transient || error.code === 'missing') throw error;
  return new Problem('impossible', error.message, { step, cause: error }).toJSON();
}
