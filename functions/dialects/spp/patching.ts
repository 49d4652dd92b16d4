import {
  capture,
  nfvForward,
  nfvPatch,
  nfvPatchRemoval,
  nfvPort,
  primaryForward,
  primaryPatch,
  primaryPatchRemoval,
  primaryPort,
} from '../../../schema/api/spp/patching.ts';
import type { AppContext } from '../../http/context.ts';
import { readRules, sendCommand } from './target.ts';

type Patching = 'nfv' | 'primary';

/** PUT …/forward */
export function forward(c: AppContext, type: Patching): Promise<Response> {
  return sendCommand(c, type, async () => {
    const { action } = await readRules(c, type === 'nfv' ? nfvForward : primaryForward);
    return { kind: action === 'start' ? 'forward' : 'stop' };
  });
}

/** PUT /v1/nfvs/{id}/ports */
export function changePort(c: AppContext): Promise<Response> {
  return sendCommand(c, 'nfv', async () => {
    const { action, port } = await readRules(c, nfvPort);
    return { kind: action === 'add' ? 'add-port' : 'remove-port', port };
  });
}

/** PUT /v1/primary/ports (extension) */
export function changePrimaryPort(c: AppContext): Promise<Response> {
  return sendCommand(c, 'primary', async () => {
    const request = await readRules(c, primaryPort);
    const { action, port } = request;
    if (action === 'del') return { kind: 'remove-port', port };
    if ('rx' in request) return { kind: 'add-pipe', port, rx: request.rx, tx: request.tx };
    return { kind: 'add-port', port };
  });
}

/** PUT …/patches */
export function patch(c: AppContext, type: Patching): Promise<Response> {
  return sendCommand(c, type, async () => {
    const { src: source, dst: destination } = await readRules(c, type === 'nfv' ? nfvPatch : primaryPatch);
    return { kind: 'patch', source, destination };
  });
}

/** DELETE /v1/nfvs/{id}/patches: all of them; with a body (extension) that one. */
export function removePatches(c: AppContext): Promise<Response> {
  return sendCommand(c, 'nfv', async () => {
    const one = await readRules(c, nfvPatchRemoval);
    return one === null ? { kind: 'reset-patches' } : { kind: 'drop-patch', source: one.src, destination: one.dst };
  });
}

/** DELETE /v1/primary/patches (extension) */
export function removePrimaryPatches(c: AppContext): Promise<Response> {
  return sendCommand(c, 'primary', async () => {
    await readRules(c, primaryPatchRemoval);
    return { kind: 'reset-patches' };
  });
}

/** DELETE /v1/primary/status: resets its counters. */
export function clearStatus(c: AppContext): Promise<Response> {
  return sendCommand(c, 'primary', () => ({ kind: 'clear' }));
}

/** PUT /v1/pcaps/{id}/capture (extension) */
export function changeCapture(c: AppContext): Promise<Response> {
  return sendCommand(c, 'pcap', async () => {
    const { action } = await readRules(c, capture);
    return { kind: action === 'start' ? 'start-capture' : 'stop-capture' };
  });
}
