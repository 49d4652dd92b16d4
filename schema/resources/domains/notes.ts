import { now, statement } from '../../database/database.ts';
import type { Note } from '../definition.ts';
import type { Power } from './power.ts';
import { domainSubject } from './rows.ts';

/* What an executor sees of domains while no operation changes them. */

/** A domain of weft's as it was seen, in virsh's words. */
export interface SeenDomain {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  /** What is wanted from now on: a guest that has powered itself off stays so. Absent: what was wanted before. */
  readonly power?: Power | undefined;
  /** With `power`: of the row from which that follows; if it has moved since, a client has asked for something else. */
  readonly generation?: number | undefined;
  /** Who did it, for the event: `guest`, … */
  readonly by?: string | undefined;
}

const seen = `
  seen AS MATERIALIZED (
    SELECT d.id, j.value ->> 'state' AS state, j.value ->> 'reason' AS reason, j.value ->> 'by' AS by,
      CASE WHEN EXISTS (SELECT 1 FROM operation_subjects s WHERE s.subject = ${domainSubject})
          OR d.generation <> j.value ->> 'generation' THEN NULL
        ELSE nullif(j.value ->> 'power', d.spec ->> '$.power') END AS power,
      ${domainSubject} AS subject
    FROM json_each(:seen) j CROSS JOIN domains d ON d.id = j.value ->> 'id' AND d.hypervisor = :hypervisor
    WHERE d.applied_spec IS NOT NULL
  )`;

const tell = `
  WITH ${seen}
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT ${now}, :hypervisor, 'domain.state', seen.subject,
    json_object('state', seen.state, 'reason', seen.reason, 'by', seen.by, 'power', seen.power)
  FROM seen CROSS JOIN domains d ON d.id = seen.id
  WHERE d.state NOT IN (seen.state, 'degraded') OR seen.power IS NOT NULL`;

/** One that could not be deleted, or repaired, stays so until that has succeeded. */
const keep = `
  WITH ${seen}
  UPDATE domains AS d SET
    state = CASE d.state WHEN 'degraded' THEN d.state ELSE seen.state END,
    state_since_ms = CASE WHEN d.state IN (seen.state, 'degraded') THEN d.state_since_ms ELSE ${now} END,
    reason = seen.reason,
    spec = CASE WHEN seen.power IS NULL THEN d.spec ELSE json_set(d.spec, '$.power', seen.power) END,
    applied_spec = CASE WHEN seen.power IS NULL THEN d.applied_spec ELSE json_set(d.applied_spec, '$.power', seen.power) END,
    generation = d.generation + (seen.power IS NOT NULL)
  FROM seen
  WHERE d.id = seen.id AND (d.state NOT IN (seen.state, 'degraded') OR d.reason IS NOT seen.reason OR seen.power IS NOT NULL)`;

/** Domains whose state, or what is wanted of it, may have changed; only what differs is written. */
export const seenDomainsNote: Note<readonly SeenDomain[]> = {
  call: 'domains.note',
  statements: (hypervisor, found) => {
    const args = { hypervisor, seen: JSON.stringify(found) };
    return [tell, keep].map((sql) => statement<never>(sql, args));
  },
};

/** A domain that others have made. */
export interface ForeignDomain {
  readonly uuid: string;
  readonly name: string;
  /** virsh's word. */
  readonly state: string;
  /** In MB. */
  readonly memory: number;
  readonly vcpus: number;
}

const forget = `
  DELETE FROM foreign_domains WHERE hypervisor = :hypervisor
    AND uuid NOT IN (SELECT j.value ->> 'uuid' FROM json_each(:found) j)`;

const record = `
  INSERT INTO foreign_domains (hypervisor, uuid, name, state, memory, vcpus)
  SELECT :hypervisor, j.value ->> 'uuid', j.value ->> 'name', j.value ->> 'state', j.value ->> 'memory', j.value ->> 'vcpus'
  FROM json_each(:found) j WHERE true
  ON CONFLICT (hypervisor, uuid) DO UPDATE
  SET name = excluded.name, state = excluded.state, memory = excluded.memory, vcpus = excluded.vcpus
  WHERE (name, state, memory, vcpus) IS NOT (excluded.name, excluded.state, excluded.memory, excluded.vcpus)`;

/** All domains of a host that others have made; only what differs is written. */
export const foreignDomainsNote: Note<readonly ForeignDomain[]> = {
  call: 'domains.foreign',
  statements: (hypervisor, found) => {
    const args = { hypervisor, found: JSON.stringify(found) };
    return [forget, record].map((sql) => statement<never>(sql, args));
  },
};
