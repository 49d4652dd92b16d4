import { oneLine, refusedToken, statusText } from './http-answer.ts';

/** Why a request got no answer of the database: an error of the network or of HTTP. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly reason: 'deadline' | 'closed' | 'connection' | 'token' | 'status';
  /** Whether the database may have executed the request. */
  readonly executed: 'no' | 'unknown';

  constructor(reason: TransportError['reason'], message: string, executed: TransportError['executed']) {
    super(message);
    this.reason = reason;
    this.executed = executed;
  }
}

/** The transport of one call to the server, with a deadline. */
export class Transport {
  readonly #abort = new AbortController();
  readonly #deadlineMs: number;
  readonly #hasToken: boolean;
  readonly #began = performance.now();
  #sent = false;

  constructor(deadlineMs: number, hasToken: boolean) {
    this.#deadlineMs = deadlineMs;
    this.#hasToken = hasToken;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Whether anything was sent, so that the server may have received it. */
  get sent(): boolean {
    return this.#sent;
  }

  /** Runs a callback that uses {@link fetch}; throws {@link TransportError} if it has not ended by the deadline. */
  async run<Result>(use: () => Promise<Result>): Promise<Result> {
    const late = setTimeout(() => this.#abort.abort(this.#lateError()), this.#deadlineMs);
    try {
      return await Promise.race([use(), aborted(this.signal)]);
    } finally {
      clearTimeout(late);
    }
  }

  /** Aborts requests in flight. */
  close(): void {
    this.#abort.abort(new TransportError('closed', 'the database was closed', this.#executed));
  }

  /** Returns a 2xx response with its whole body. Throws {@link TransportError}. */
  readonly fetch = async (request: Request): Promise<Response> => {
    this.signal.throwIfAborted();
    if (this.#hasWaitedTooLong()) throw this.#lateError();
    this.#sent = true;
    const response = await this.#reach(() => fetch(request, { signal: this.signal }));
    if (!response.ok) throw await this.#statusError(response);
    const body = await this.#reach(() => response.arrayBuffer());
    return new Response(body, { status: response.status, headers: { 'content-type': 'application/json' } });
  };

  async #reach<Result>(use: () => Promise<Result>): Promise<Result> {
    try {
      return await use();
    } catch (cause) {
      throw this.signal.aborted ? this.signal.reason : connectionError(cause);
    }
  }

  async #statusError(response: Response): Promise<TransportError> {
    const text = await this.#reach(() => statusText(response));
    const said = `HTTP ${response.status}${text === '' ? '' : `: ${text}`}`;
    if (refusedToken(response.status)) {
      const refused = this.#hasToken
        ? 'the database refused the token'
        : 'the database requires a token, and none is set';
      return new TransportError('token', `${refused} (${said})`, 'no');
    }
    if (response.status === 404) {
      return new TransportError('status', `no libSQL database at this address (${said})`, 'no');
    }
    const executed = isRefusal(response.status) ? 'no' : 'unknown';
    return new TransportError('status', `the database answered ${said}`, executed);
  }

  /** A request sent shortly before the deadline is executed, but its answer is late: better not to send it. */
  #hasWaitedTooLong(): boolean {
    return performance.now() - this.#began > this.#deadlineMs / 2;
  }

  #lateError(): TransportError {
    const message = `the database did not answer within ${seconds(this.#deadlineMs)}`;
    return new TransportError('deadline', message, this.#executed);
  }

  get #executed(): TransportError['executed'] {
    return this.#sent ? 'unknown' : 'no';
  }
}

/** 4xx: the request was not executed; but these two depend on time, and do not prove that. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && status !== 408 && status !== 499;
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/**
 * Classifies an error of `fetch`: Node puts the socket's error into the cause, workerd has one message for everything.
 */
function connectionError(cause: unknown): TransportError {
  const origin = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  // If several addresses were tried, each has an error of its own.
  const origins: unknown[] = origin instanceof AggregateError ? origin.errors : [origin];
  const text = oneLine(messageOf(origins[0]));
  return origins.every(isBeforeSending)
    ? new TransportError('connection', `the database cannot be reached: ${text}`, 'no')
    : new TransportError('connection', `the connection to the database was lost: ${text}`, 'unknown');
}

const certificate =
  /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_|UNABLE_TO_|ERR_SSL_WRONG_VERSION_NUMBER$)/;

/**
 * There was no connection yet: the name does not resolve, there is no route or no listener, or the certificate is not
 * trusted.
 */
function isBeforeSending(origin: unknown): boolean {
  const syscall: unknown = Reflect.get(Object(origin), 'syscall');
  const code = String(Reflect.get(Object(origin), 'code'));
  return (
    syscall === 'connect' || syscall === 'getaddrinfo' || code === 'UND_ERR_CONNECT_TIMEOUT' || certificate.test(code)
  );
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function seconds(milliseconds: number): string {
  return milliseconds < 1_000 ? `${milliseconds} ms` : `${Math.round(milliseconds / 100) / 10} s`;
}
