import * as v from 'valibot';

/** The codes of all problems, with their statuses. */
export const problemStatus = {
  malformed: 400,
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  exists: 409,
  conflict: 409,
  precondition_failed: 412,
  too_large: 413,
  misdirected: 421,
  impossible: 422,
  upgrade_required: 426,
  cancelled: 409,
  deadline: 504,
  internal: 500,
  unavailable: 503,
} as const;

export type ProblemCode = keyof typeof problemStatus;

const titles: Record<ProblemCode, string> = {
  malformed: 'Malformed request',
  invalid: 'Invalid request',
  unauthorized: 'Authentication required',
  forbidden: 'Forbidden',
  not_found: 'Not found',
  method_not_allowed: 'Method not allowed',
  exists: 'Already exists',
  conflict: 'Conflict',
  precondition_failed: 'Precondition failed',
  too_large: 'Request body too large',
  misdirected: 'Misdirected request',
  impossible: 'Request cannot be fulfilled',
  upgrade_required: 'Upgrade required',
  cancelled: 'Operation cancelled',
  deadline: 'Operation deadline exceeded',
  internal: 'Internal error',
  unavailable: 'Service unavailable',
};

/** The error of one member of a request; `pointer` is a JSON pointer (RFC 6901) into its body. */
export const memberErrorSchema = v.object({
  pointer: v.optional(v.string()),
  parameter: v.optional(v.string()),
  /** The hypervisor that it concerns, if there were several candidates. */
  hypervisor: v.optional(v.string()),
  detail: v.string(),
});
export type MemberError = v.InferOutput<typeof memberErrorSchema>;

/** RFC 9457 problem details, as answered to clients and as stored with a failed operation. */
export const problemSchema = v.object({
  type: v.string(),
  title: v.string(),
  status: v.number(),
  detail: v.string(),
  /** The detail again, for clients of lochness. */
  message: v.string(),
  code: v.picklist(Object.keys(problemStatus) as [ProblemCode, ...ProblemCode[]]),
  /** What to do. */
  hint: v.optional(v.string()),
  /** The step of an operation that failed. */
  step: v.optional(v.string()),
  errors: v.optional(v.array(memberErrorSchema)),
});
export type ProblemDetails = v.InferOutput<typeof problemSchema>;

interface ProblemOptions {
  readonly hint?: string | undefined;
  readonly step?: string | undefined;
  readonly errors?: readonly MemberError[] | undefined;
  readonly cause?: unknown;
  /** Header fields of the answer, such as `Allow`. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The number of errors that an answer lists: a request may have tens of thousands. */
const LISTED_ERRORS = 100;

function mostOf(errors: readonly MemberError[]): readonly MemberError[] {
  if (errors.length <= LISTED_ERRORS + 1) return errors;
  const others = errors.length - LISTED_ERRORS;
  return [...errors.slice(0, LISTED_ERRORS), { detail: `and ${others} more` }];
}

/** weft's error type: what happened, where, and what to do; answered as problem+json. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly hint: string | undefined;
  readonly step: string | undefined;
  readonly errors: readonly MemberError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ProblemCode, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.step = options.step;
    this.errors = options.errors && mostOf(options.errors);
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return problemStatus[this.code];
  }

  toJSON(): ProblemDetails {
    return {
      type: `urn:weft:problem:${this.code}`,
      title: titles[this.code],
      status: this.status,
      detail: this.message,
      message: this.message,
      code: this.code,
      ...(this.hint === undefined ? {} : { hint: this.hint }),
      ...(this.step === undefined ? {} : { step: this.step }),
      ...(this.errors === undefined ? {} : { errors: [...this.errors] }),
    };
  }

  /** The stored problem of an operation, to be thrown to the requests that wait for it. */
  static from(details: ProblemDetails): Problem {
    const { code, detail, hint, step, errors } = details;
    return new Problem(code, detail, { hint, step, errors });
  }
}
