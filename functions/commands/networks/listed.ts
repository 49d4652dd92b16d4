import type * as v from 'valibot';
import { memoize } from '../../../schema/database/memoize.ts';
import { Problem } from '../../../schema/problem.ts';
import { has } from '../../../schema/statements/technologies.ts';
import { type Command, defineCommand } from '../../operations/command.ts';
import type { CommandContext } from '../../operations/command-context.ts';
import type { Guard } from '../../operations/command-definition.ts';
import { idSeries } from '../../operations/new-id.ts';
import { severalPlaces } from '../../operations/targets/scheduled.ts';
import type { Target } from '../../operations/targets/target.ts';
import type { NetworkKind } from './network-kind.ts';
import { networksCalled, placesReader, type ReadPlaces, type Scope, scopeOf } from './places.ts';
import { noNamespaces } from './problems.ts';
import { finishWithoutParts, insertPartsIn } from './statements.ts';

/** SQL over the list, `:names`; its networks are on any hypervisor, or on the one that `:host` names. */
function inScope(kind: NetworkKind, scope: Scope) {
  const { table, row } = kind;
  const called = networksCalled(kind, 'j.value', scope);
  const found = `json_each(:names) j CROSS JOIN ${called}`;
  const countOf = `(SELECT count(*) FROM ${called})`;
  return {
    onlyHypervisor: `(SELECT CASE count(DISTINCT h.id) WHEN 1 THEN max(h.id) END FROM ${found})`,
    allKnown: `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} = 0)`,
    eachOnce: `NOT EXISTS (SELECT 1 FROM json_each(:names) j WHERE ${countOf} > 1)`,
    allCapable: `NOT EXISTS (SELECT 1 FROM ${found} WHERE NOT ${has('h', 'netns')})`,
    setMade: `
      UPDATE ${table} SET spec = json_set(spec, '$.made', json(:made)), generation = generation + 1
      WHERE id IN (SELECT ${row}.id FROM ${found})`,
    insertParts: insertPartsIn(kind, scope),
  };
}

interface Listing extends CommandContext {
  readonly request: readonly string[];
}

interface ListedDefinition {
  /** Of the operation and its parts. */
  readonly operation: string;
  readonly network: NetworkKind;
  readonly request: v.GenericSchema<unknown, string[]>;
  /** The state that is wanted of all of them. */
  readonly made: boolean;
  /** Sets the total of each part. */
  readonly countParts: string;
  /** See {@link CommandDefinition}. */
  readonly subjects: readonly string[];
}

/** A command on a list of networks: one operation with a part for each, on the hypervisor of that network. */
export function defineListed(definition: ListedDefinition): Command<string[]> {
  const { operation, network, made } = definition;
  const inScopeOf = memoize((scope: Scope) => inScope(network, scope));
  const scoped =
    (text: keyof ReturnType<typeof inScope>) =>
    ({ host }: Listing) =>
      inScopeOf(scopeOf(host))[text];
  const readPlaces = placesReader(network);
  const problem = (listing: Listing) => listProblem(listing, network, readPlaces);
  const guards: readonly Guard<Listing>[] = [
    { id: 'unknown_network', holds: scoped('allKnown'), problem },
    { id: 'several_networks', holds: scoped('eachOnce'), problem },
    {
      id: 'no_netns',
      holds: scoped('allCapable'),
      problem: ({ database }, target) => noNamespaces(database, target),
    },
  ];
  return defineCommand({
    kind: operation,
    role: 'operator',
    request: definition.request,
    // The operation has a hypervisor if all networks of the list are on the same one; else it has none.
    target: (listing): Target => ({ sql: scoped('onlyHypervisor')(listing), args: namesOf(listing) }),
    resource: null,
    status: 'pending',
    arguments: (listing) => ({
      ...namesOf(listing),
      [network.table]: partsOf(listing.request),
      made: JSON.stringify(made),
    }),
    guards,
    rows: [scoped('insertParts'), scoped('setMade'), definition.countParts, finishWithoutParts],
    subjects: definition.subjects,
    isAmended: true,
  });
}

function namesOf({ host, request }: Pick<Listing, 'host' | 'request'>) {
  return { names: JSON.stringify(request), host };
}

function partsOf(names: readonly string[]): string {
  const nextId = idSeries();
  return JSON.stringify(names.map((name) => ({ name, part: nextId() })));
}

async function listProblem(
  { database, host, request }: Listing,
  { word }: NetworkKind,
  readPlaces: ReadPlaces,
): Promise<Problem> {
  const places = await readPlaces(database, request, host);
  const unknown = places.filter(({ hosts }) => hosts.length === 0);
  const several = places.find(({ hosts }) => hosts.length > 1);
  if (unknown.length === 0 && several) return severalPlaces(`${word} ${several.name}`, several.hosts);
  return new Problem(
    'not_found',
    `${word} ${unknown.map(({ name }) => name).join(', ')} not found; nothing was started`,
    {
      hint: `POST /${word.toLowerCase()}/import declares ${word}s`,
      errors: unknown.map(({ place, name }) => ({ pointer: `/${place}`, detail: `${word} ${name} not found` })),
    },
  );
}
