import { Problem } from '../../../schema/problem.ts';

export function unknownCen(cen: string): Problem {
  return new Problem('not_found', `There is no CEN ${cen}`, {
    errors: [{ parameter: 'CenId', detail: `there is no CEN ${cen}` }],
  });
}
