import { Problem } from '../../../schema/problem.ts';

export function unknownCen(cen: string): Problem {
  return new Problem('not_found', `CEN ${cen} not found`, {
    errors: [{ parameter: 'CenId', detail: `CEN ${cen} not found` }],
  });
}
