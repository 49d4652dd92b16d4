import * as v from 'valibot';
import { DELETE_DOMAIN } from '../../../schema/resources/domains/spec.ts';
import { expectedRevision } from '../../http/entity-tag.ts';
import { defineCommand } from '../../operations/command.ts';
import { ownSubject } from '../../operations/operation-statements.ts';
import { byName } from '../../operations/targets/target.ts';
import { domainExists, domainResource, fromDomain } from './domain.ts';
import { isUnchanged, readOwnDomain } from './own.ts';

const removeDomain = `
  UPDATE domains SET desired = 'absent', generation = generation + 1 WHERE id = (SELECT d.id ${fromDomain})`;

/** Stops a domain and removes it with its disks; one whose removal has failed is tried again. */
export const deleteDomain = defineCommand({
  kind: DELETE_DOMAIN,
  role: 'operator',
  request: v.object({ name: v.string() }),
  read: readOwnDomain,
  target: ({ found }) => byName(found.hypervisor),
  resource: domainResource,
  status: 'pending',
  result: ({ found }) => ({ was: found.body }),
  arguments: ({ request, found, ifMatch }) => ({
    name: request.name,
    revision: expectedRevision(ifMatch, found.generation),
  }),
  guards: [domainExists, isUnchanged],
  rows: [removeDomain],
  subjects: [ownSubject],
});
