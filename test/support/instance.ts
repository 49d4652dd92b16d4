import type { Statement } from '../../schema/database/database.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A weft for tests, either a process or within the test's own. */
export interface Instance {
  /** Of its executor: images and the files of containers are below it. */
  readonly stateDirectory: string;
  /** One request, as fetch makes it. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** One request; a body that is not text is sent as JSON. The answer's body is parsed as JSON. */
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** Reads and writes its database directly. */
  sql<Row = Record<string, unknown>>(text: string): Promise<Row[]>;
  /** Writes to its database directly, as one transaction. */
  write(statements: readonly Statement[]): Promise<void>;
  /** Whether it has ended, so that waiting is pointless. */
  readonly hasEnded: boolean;
}

/** A weft that is reached over the network. */
export interface ServedInstance extends Instance {
  readonly url: string;
  readonly databaseFile: string;
  /** Its output or log so far. */
  readonly output: string;
}

/** Builds a request, and reads the answer. */
export async function requestJson<Body>(
  fetch: Instance['fetch'],
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer<Body>> {
  const answer = await fetch(path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Body };
}
