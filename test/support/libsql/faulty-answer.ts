import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, type HttpAnswer, type Refusal, refusalOf } from './faults.ts';
import { type BatchResult, emptyResult, type HranaError, type StreamRequest, type StreamResult } from './hrana.ts';

interface Exchange {
  readonly requests: readonly StreamRequest[];
  readonly response: ServerResponse;
  /** Executes the request; returns the body of the answer. */
  readonly execute: () => Promise<object>;
}

const TRICKLE_MS = 5;

/** Answers a request, or does not, according to the fault. */
export async function answerWithFault(fault: Fault, { requests, response, execute }: Exchange): Promise<void> {
  const refusal = refusalOf(fault);
  if (refusal) return send(response, { baton: null, base_url: null, results: refuse(requests, refusal) });
  if (typeof fault === 'object') {
    if ('delayMs' in fault) {
      await pause(fault.delayMs, undefined, { ref: false });
      return send(response, await execute());
    }
    if ('status' in fault) {
      if (fault.executed) await execute();
      return sendHttp(response, fault);
    }
  }
  switch (fault) {
    case 'refuse':
      response.socket?.resetAndDestroy();
      return;
    case 'cutBefore':
      response.destroy();
      return;
    case 'cutAfter':
      await execute();
      response.destroy();
      return;
    case 'hangBefore':
      return;
    case 'hangAfter':
      await execute();
      return;
    case 'hangBody':
      await execute();
      response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
      return;
    case 'trickle':
      await trickle(response, JSON.stringify(await execute()));
      return;
    case 'truncate':
      truncate(response, JSON.stringify(await execute()));
      return;
    case 'twice':
      await execute();
      return send(response, await execute());
    default:
      throw new Error(`there is no fault ${JSON.stringify(fault)}`);
  }
}

function send(response: ServerResponse, body: object): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function sendHttp(response: ServerResponse, { status, body = '', contentType }: HttpAnswer): void {
  const isText = typeof body === 'string';
  response
    .writeHead(status, { 'content-type': contentType ?? (isText ? 'text/plain' : 'application/json') })
    .end(isText ? body : JSON.stringify(body));
}

/** Everything but the end is sent, slowly, until the client gives up. */
async function trickle(response: ServerResponse, body: string): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/json' });
  for (let sent = 0; !response.destroyed; sent = Math.min(sent + 1, body.length - 2)) {
    response.write(sent < body.length - 2 ? body[sent] : ' ');
    await pause(TRICKLE_MS, undefined, { ref: false });
  }
}

/** Announces the length of the answer, and ends in the middle. */
function truncate(response: ServerResponse, body: string): void {
  const bytes = Buffer.from(body);
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes.length });
  response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy());
}

/** The answers to the pipeline's requests when SQLite rejects a step of the batch. */
function refuse(requests: readonly StreamRequest[], { sqlite, at }: Refusal): StreamResult[] {
  const error: HranaError = { message: `SQLite error: ${messages[sqlite] ?? sqlite}`, code: sqlite };
  return requests.map((request) => {
    if (request.type === 'execute') return { type: 'error', error };
    if (request.type !== 'batch') return { type: 'ok', response: { type: request.type } };
    const result = refusedBatch(request.batch.steps.length, at, error);
    return { type: 'ok', response: { type: 'batch', result } };
  });
}

/** The client's steps are BEGIN, the statements, COMMIT and ROLLBACK. */
function refusedBatch(steps: number, at: Refusal['at'], error: HranaError): BatchResult {
  const failing = at === 'begin' ? 0 : at === 'statement' ? 1 : steps - 2;
  const indexes = Array.from({ length: steps }, (_, index) => index);
  return {
    step_results: indexes.map((index) => (index < failing || index === steps - 1 ? emptyResult : null)),
    step_errors: indexes.map((index) => (index === failing ? error : null)),
  };
}

const messages: Readonly<Record<string, string>> = {
  SQLITE_BUSY: 'database is locked',
  SQLITE_FULL: 'database or disk is full',
  SQLITE_READONLY: 'attempt to write a readonly database',
  SQLITE_CORRUPT: 'database disk image is malformed',
  SQLITE_IOERR: 'disk I/O error',
};
