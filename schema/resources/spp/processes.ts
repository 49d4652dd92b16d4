import { mirrorBody, nfvBody, pcapBody, primaryBody, vfBody } from '../../api/spp/answers.ts';
import type { ProcessType } from '../../api/spp/commands.ts';
import type { ProcessStatus } from '../../api/spp/status.ts';
import { now, type Statement, statement } from '../../database/database.ts';
import type { Note } from '../definition.ts';

/** An old process does not report its own id. */
type MaybeNameless<Status> = Status extends { clientId: number }
  ? Omit<Status, 'clientId'> & { clientId: number | null }
  : Status;

/** The observed state of a process at one moment. */
export interface SeenProcess {
  readonly process: number;
  readonly info: {
    readonly type: ProcessType;
    readonly address: string;
    readonly status: MaybeNameless<ProcessStatus>;
  };
  /** Its primary was restarted while it was running. */
  readonly stale: boolean;
  /** Increases with time, so that the newer of two sightings is known. */
  readonly version: number;
}

/** A connected process; or one that was not connected as of `version`. */
export type Sighting = { readonly seen: SeenProcess } | { readonly process: number; readonly version: number };

/** A sighting that is older than the row changes nothing. */
const note = `
  INSERT INTO spp_processes (hypervisor, process, type, connected, stale, address, status, body, version, since_ms)
  VALUES (:hypervisor, :process, :type, 1, :stale, :address, :status, :body, :version, ${now})
  ON CONFLICT (hypervisor, process) DO UPDATE SET type = excluded.type, connected = 1, stale = excluded.stale,
    address = excluded.address, status = excluded.status, body = excluded.body, version = excluded.version,
    since_ms = CASE WHEN connected = 1 AND stale = excluded.stale AND address = excluded.address THEN since_ms ELSE excluded.since_ms END
  WHERE excluded.version >= spp_processes.version`;

const forget = `
  UPDATE spp_processes SET connected = 0, version = :version, since_ms = CASE WHEN connected = 1 THEN ${now} ELSE since_ms END
  WHERE hypervisor = :hypervisor AND process = :process AND version <= :version`;

/** Writes the row of a connected process, with the answer to a GET of it. */
export function noteProcess(hypervisor: string, seen: SeenProcess): Statement<never> {
  const { process, info, stale, version } = seen;
  return statement(note, {
    hypervisor,
    process,
    type: info.type,
    stale: stale ? 1 : 0,
    address: info.address,
    status: JSON.stringify(info.status),
    body: JSON.stringify(bodyOf(seen)),
    version,
  });
}

/** Records that a process was not connected as of `version`: it may have reconnected by the time this is executed. */
export function noteGone(hypervisor: string, process: number, version: number): Statement<never> {
  return statement(forget, { hypervisor, process, version });
}

export function noteSighting(hypervisor: string, sighting: Sighting): Statement<never> {
  return 'seen' in sighting
    ? noteProcess(hypervisor, sighting.seen)
    : noteGone(hypervisor, sighting.process, sighting.version);
}

/** Processes that changed by themselves. */
export const sightings: Note<readonly Sighting[]> = {
  call: 'spp.note',
  statements: (hypervisor, seen) => seen.map((each) => noteSighting(hypervisor, each)),
};

/**
 * A new start of the executor knows no processes yet, and its sightings start again. Returns which processes were
 * stale.
 */
export const forgetProcesses: Note<null, { process: number; stale: number }> = {
  call: 'spp.forget',
  statements: (hypervisor) => [
    statement(
      'UPDATE spp_processes SET connected = 0, version = 0 WHERE hypervisor = :hypervisor RETURNING process, stale',
      { hypervisor },
    ),
  ],
};

function bodyOf({ process: clientId, info: { status } }: SeenProcess): unknown {
  switch (status.type) {
    case 'vf':
      return vfBody({ ...status, type: 'vf', clientId });
    case 'mirror':
      return mirrorBody({ ...status, type: 'mirror', clientId });
    case 'nfv':
      return nfvBody({ ...status, clientId });
    case 'pcap':
      return pcapBody({ ...status, clientId });
    case 'primary':
      return primaryBody(status);
  }
}
