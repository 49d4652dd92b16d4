import type { Statement } from '../../schema/database/database.ts';

export interface Answer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** A weft that tests ask, whether it is a process or runs in the test's own. */
export interface Instance {
  /** One request, as fetch makes it. */
  fetch(path: string, init?: RequestInit): Promise<Response>;
  /** One request; a body that is not text goes as JSON. The answer's body is read as JSON. */
  request<Body = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<Answer<Body>>;
  /** Reads and writes the database beside it. */
  sql<Row = Record<string, unknown>>(text: string): Promise<Row[]>;
  /** Writes to the database beside it, all or nothing. */
  write(statements: readonly Statement[]): Promise<void>;
  /** Whether it has ended, so that nothing more is to be waited for. */
  readonly hasEnded: boolean;
}

/** One that is asked over the network. */
export interface ServedInstance extends Instance {
  readonly url: string;
  readonly databaseFile: string;
  /** What it has said or logged so far. */
  readonly output: string;
}

/** Makes a request of its parts, and reads the answer. */
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
