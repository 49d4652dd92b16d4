import { type Database, type DatabaseError, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';

interface Scope {
  readonly hypervisors: { id: string; name: string; no_netns: string | null }[];
}

const selectHypervisors = `
  SELECT id, name, capabilities ->> '$.netns.reason' AS no_netns FROM hypervisors ORDER BY created_ms`;

export async function explainScope(database: Database): Promise<Scope> {
  const [hypervisors] = await database.read([statement<Scope['hypervisors'][number]>(selectHypervisors)]);
  return { hypervisors };
}

/** The words for what aborts any write of a network: no hypervisor, or a name that another thing has. */
export async function explainNames(database: Database, error: DatabaseError, host: string | null): Promise<Problem> {
  if (error.reason === 'hypervisor') return noHypervisor((await explainScope(database)).hypervisors, host);
  if (error.reason === 'no_netns') return noNamespaces((await explainScope(database)).hypervisors, host);
  if (error.reason === 'too_many_networks') {
    return new Problem('impossible', 'A container can be in 1000 CENs at most');
  }
  if (error.reason.includes('host_names')) return nameTaken();
  return new Problem('conflict', `Another request was faster: ${error.message}`, {
    hint: 'Read the resource and send the request again',
    cause: error,
  });
}

function noHypervisor(hypervisors: Scope['hypervisors'], host: string | null): Problem {
  if (host !== null) {
    return new Problem('not_found', `There is no hypervisor ${host}`, {
      errors: [{ parameter: 'HostId', detail: `there is no hypervisor ${host}` }],
      hint: hypervisors.length === 0 ? noExecutorHint : `Known: ${hypervisors.map(({ name }) => name).join(', ')}`,
    });
  }
  if (hypervisors.length === 0) {
    return new Problem('impossible', 'No hypervisor has registered yet', { hint: noExecutorHint });
  }
  return new Problem('conflict', `Which hypervisor? There are ${hypervisors.map(({ name }) => name).join(', ')}`, {
    hint: 'Name one in the path: /host/{hypervisor}/…',
  });
}

function noNamespaces(hypervisors: Scope['hypervisors'], host: string | null): Problem {
  const found = hypervisors.find(({ id, name }) => host === null || id === host || name === host);
  const reason = found?.no_netns ?? 'its executor has not looked yet';
  return new Problem('impossible', `${found?.name ?? 'This hypervisor'} cannot make network namespaces: ${reason}`, {
    hint: 'Run its executor as root on Linux',
  });
}

const noExecutorHint = 'Start an executor: npm start, or npm run executor';

function nameTaken(): Problem {
  return new Problem('conflict', 'A link of that name belongs to another CEN or container', {
    hint: 'select * from host_names shows who has it; choose another id',
  });
}
