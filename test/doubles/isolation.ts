import type { IsolationRequest, NetworkDrivers } from '../../executor/kinds/network/resource.ts';

/** A packet filter in memory, for tests without CINs. */
export function isolationInMemory(): NetworkDrivers['isolation'] {
  const owners = new Map<string, Pick<IsolationRequest, 'bridges' | 'gateway' | 'forwarding'>>();
  return {
    view: async () => ({ intact: true, owners: new Map(owners) }),
    async apply({ owner, bridges, gateway, forwarding }) {
      if (bridges.length === 0) owners.delete(owner);
      else owners.set(owner, { bridges, gateway, forwarding });
    },
  };
}
