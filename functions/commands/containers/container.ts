import { Problem } from '../../../schema/problem.ts';
import { containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor } from '../../operations/targets/target.ts';
import { operationSequence } from '../networks/operation-sequence.ts';

export function unknownContainer(host: string, container: string): Problem {
  return new Problem('not_found', `Container ${container} not found on ${host}`, {
    errors: [{ parameter: 'ContainerId', detail: `container ${container} not found on ${host}` }],
  });
}

export const fromContainer = `FROM containers c WHERE c.hypervisor = ${hypervisor} AND c.name = :container`;

export const insertContainerSubject = `
  INSERT INTO operation_subjects (subject, sequence) SELECT ${containerSubject}, ${operationSequence} ${fromContainer}`;
