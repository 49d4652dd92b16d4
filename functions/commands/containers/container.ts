import { Problem } from '../../../schema/problem.ts';
import { containerSubject } from '../../../schema/resources/network/rollback.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';

export function unknownContainer(host: string, container: string): Problem {
  return new Problem('not_found', `Container ${container} not found on ${host}`, {
    errors: [{ parameter: 'ContainerId', detail: `container ${container} not found on ${host}` }],
  });
}

/** The request of a command on one container. */
interface NamesContainer {
  readonly request: { readonly contID: string };
}

export const containerNames = ({ request }: NamesContainer) => ({ containers: [request.contID] });

export const containerResource = { onHost: ({ request }: NamesContainer) => `/containers/${request.contID}` };

export const fromContainer = `FROM containers c WHERE c.hypervisor = ${hypervisor} AND c.name = :container`;

export const containerSubjects = `SELECT ${containerSubject}, ${operationSequence} ${fromContainer}`;
