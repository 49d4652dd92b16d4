import { now } from '../../../schema/database/database.ts';
import { hypervisor, operationSequence } from '../../operations/operation-statements.ts';
import { insertToBeMade } from '../cins/statements.ts';

/*
 * The networks of pools, over `poolArguments`. A name is a CIN's, else a CEN's, else that of a new CEN with a CIN of the
 * same name over it. CROSS JOIN fixes the order of a join, as in the statements on members.
 */

/** Over the SQL of a name, on the hypervisor of the SQL `on`. */
const cinCalled = (name: string, on: string) =>
  `FROM cins i WHERE i.hypervisor = ${on} AND i.name = ${name} AND i.desired = 'present'`;
const cenCalled = (name: string, on: string) =>
  `FROM cens n WHERE n.hypervisor = ${on} AND n.name = ${name} AND n.desired = 'present'`;

/** The id of the CEN that a network of this name stands for: the first of a CIN; NULL if there is none. */
export function cenOf(name: string, on = hypervisor): string {
  return `coalesce(
    (SELECT x.cen FROM cins i CROSS JOIN cin_cens x ON x.cin = i.id AND x.removed IS NULL
      WHERE i.hypervisor = ${on} AND i.name = ${name} AND i.desired = 'present' ORDER BY x.position, x.id LIMIT 1),
    (SELECT n.id ${cenCalled(name, on)}))`;
}

/** The name of the CIN that a network of this name is, or is in; NULL if there is none. */
export function cinOf(name: string, on = hypervisor): string {
  return `coalesce(
    (SELECT i.name ${cinCalled(name, on)}),
    (SELECT i.name FROM cens n CROSS JOIN cin_cens x ON x.cen = n.id AND x.removed IS NULL CROSS JOIN cins i ON i.id = x.cin
      WHERE n.hypervisor = ${on} AND n.name = ${name} AND n.desired = 'present'))`;
}

const isKnown = (name: string, on = hypervisor) =>
  `(EXISTS (SELECT 1 ${cinCalled(name, on)}) OR EXISTS (SELECT 1 ${cenCalled(name, on)}))`;

/** New networks of which a row is still to be deleted. */
export const leavingNetworks = (on: string) => `
  SELECT j.value ->> 'name' AS name FROM json_each(:networks) j
  WHERE NOT ${isKnown("j.value ->> 'name'", on)} AND (
    EXISTS (SELECT 1 FROM cens n WHERE n.hypervisor = ${on} AND n.name = j.value ->> 'name')
    OR EXISTS (SELECT 1 FROM cins i WHERE i.hypervisor = ${on} AND i.name = j.value ->> 'name'))`;

/** CINs without a CEN. */
export const emptyCins = (on: string) => `
  SELECT j.value ->> 'name' AS name FROM json_each(:networks) j
  WHERE ${isKnown("j.value ->> 'name'", on)} AND ${cenOf("j.value ->> 'name'", on)} IS NULL`;

/** Networks that this hypervisor does not have, but another one. */
export const networksElsewhere = (on: string) => `
  SELECT j.value ->> 'name' AS name FROM json_each(:networks) j
  WHERE NOT ${isKnown("j.value ->> 'name'", on)} AND (
    EXISTS (SELECT 1 FROM cens n WHERE n.name = j.value ->> 'name' AND n.hypervisor <> ${on} AND n.desired = 'present')
    OR EXISTS (SELECT 1 FROM cins i WHERE i.name = j.value ->> 'name' AND i.hypervisor <> ${on} AND i.desired = 'present'))`;

/** New CENs, by the ids that the request has for them. */
const declareNewCens = `
  INSERT INTO cens (id, hypervisor, name, spec, applied_spec, generation, desired, state, state_since_ms, created_ms, link_name)
  SELECT j.value ->> 'id', ${hypervisor}, j.value ->> 'name', '{"made":true}', NULL, 1, 'present', 'pending', ${now}, ${now},
    j.value ->> 'link'
  FROM json_each(:networks) j WHERE NOT ${isKnown("j.value ->> 'name'")} ORDER BY j.key`;

const allocateNewBridges = `
  INSERT INTO host_names (hypervisor, kind, name, owner)
  SELECT n.hypervisor, 'link', n.link_name, n.id
  FROM json_each(:networks) j CROSS JOIN cens n ON n.id = j.value ->> 'id'`;

const declareNewCins = insertToBeMade(
  "SELECT j.value -> 'cin' AS v, j.key AS turn FROM json_each(:networks) j CROSS JOIN cens n ON n.id = j.value ->> 'id'",
);

/** New networks, which the parts of the operation make. */
export const declareNetworks: readonly string[] = [declareNewCens, allocateNewBridges, declareNewCins];

/** Over `e`, an entry of a pool: the new CENs among its networks. */
export const newCens = `
  cens n ON n.hypervisor = ${hypervisor} AND n.name = e.value ->> 'cinID'
    AND n.id IN (SELECT w.value ->> 'id' FROM json_each(:networks) w)`;

/** Puts new CENs into their CINs, by the first part that makes them. */
export const joinNewCens = `
  INSERT INTO cin_cens (cin, cen, position, added)
  SELECT i.id, n.id, 0, f.sequence
  FROM (
    SELECT m.value AS name, min(o.sequence) AS sequence
    FROM operations o CROSS JOIN json_each(o.request, '$.make') m WHERE o.parent = ${operationSequence} GROUP BY m.value
  ) f
  CROSS JOIN cens n ON n.hypervisor = ${hypervisor} AND n.name = f.name
  CROSS JOIN cins i ON i.hypervisor = n.hypervisor AND i.name = n.name`;
