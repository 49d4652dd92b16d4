import { type CenBody, cenStatuses } from '../../../schema/api/leviathan.ts';

/** The status of a CEN or a CIN: of one that an operation is changing it is `preparing`. */
export function statusOf({ busy, state }: { readonly busy: number; readonly state: string }): CenBody['status'] {
  return busy === 1 ? 'preparing' : (cenStatuses.find((status) => status === state) ?? 'failed');
}
