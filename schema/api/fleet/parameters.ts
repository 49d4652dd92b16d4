import { Problem } from '../../problem.ts';
import { namePattern, uuidPattern } from '../common.ts';

/**
 * The hypervisor of a path: its id in lower case, or its name. The database knows whether it exists.
 *
 * @throws Problem 400
 */
export function readHypervisorReference(text: string): string {
  if (uuidPattern.test(text)) return text.toLowerCase();
  if (namePattern.test(text)) return text;
  throw unknownHypervisor(text);
}

/** A 404 for an unknown UUID, a 400 for any other text. */
export function unknownHypervisor(reference: string): Problem {
  const isUuid = uuidPattern.test(reference);
  const detail = isUuid ? `hypervisor ${reference} not found` : 'is neither a UUID nor the name of a hypervisor';
  return new Problem(isUuid ? 'not_found' : 'invalid', isUuid ? detail : 'invalid hypervisor id', {
    errors: [{ parameter: 'id', detail }],
  });
}
