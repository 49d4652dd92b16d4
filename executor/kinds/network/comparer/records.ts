import type { Database } from '../../../../schema/database/database.ts';
import { networkDefinition } from '../../../../schema/resources/network/definition.ts';
import { type Records, recordsOf } from '../../../loop/records.ts';
import type { Network } from '../desired.ts';
import { networkSpec } from '../spec.ts';
import type { ObservedNetwork } from '../steps.ts';

interface NetworkOf {
  readonly databaseId: string;
  readonly hypervisor: string;
}

/** The rows of containers and networks as a thread reads them by itself. */
export function networkRecords(
  database: Pick<Database, 'read'>,
  { databaseId, hypervisor }: NetworkOf,
): Records<Network, ObservedNetwork> {
  return recordsOf({ database, hypervisor, definition: networkDefinition, spec: networkSpec(databaseId) });
}
