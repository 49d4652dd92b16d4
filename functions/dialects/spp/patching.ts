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
import type { AppContext } from '../../context.ts';
import { findTarget, give, readRules } from './target.ts';

type Patching = 'nfv' | 'primary';

/** PUT …/forward */
export async function forward(c: AppContext, type: Patching): Promise<Response> {
  const target = await findTarget(c, type);
  const { action } = await readRules(c, type === 'nfv' ? nfvForward : primaryForward);
  return give(c, target, { kind: action === 'start' ? 'forward' : 'stop' });
}

/** PUT /v1/nfvs/{id}/ports */
export async function changePort(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'nfv');
  const { action, port } = await readRules(c, nfvPort);
  return give(c, target, { kind: action === 'add' ? 'add-port' : 'remove-port', port });
}

/** PUT /v1/primary/ports (extension) */
export async function changePrimaryPort(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'primary');
  const request = await readRules(c, primaryPort);
  const { action, port } = request;
  if (action === 'del') return give(c, target, { kind: 'remove-port', port });
  if ('rx' in request) return give(c, target, { kind: 'add-pipe', port, rx: request.rx, tx: request.tx });
  return give(c, target, { kind: 'add-port', port });
}

/** PUT …/patches */
export async function patch(c: AppContext, type: Patching): Promise<Response> {
  const target = await findTarget(c, type);
  const { src: source, dst: destination } = await readRules(c, type === 'nfv' ? nfvPatch : primaryPatch);
  return give(c, target, { kind: 'patch', source, destination });
}

/** DELETE /v1/nfvs/{id}/patches: all of them; with a body, an extension, that one. */
export async function removePatches(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'nfv');
  const one = await readRules(c, nfvPatchRemoval);
  return give(
    c,
    target,
    one === null ? { kind: 'reset-patches' } : { kind: 'drop-patch', source: one.src, destination: one.dst },
  );
}

/** DELETE /v1/primary/patches (extension) */
export async function removePrimaryPatches(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'primary');
  await readRules(c, primaryPatchRemoval);
  return give(c, target, { kind: 'reset-patches' });
}

/** DELETE /v1/primary/status: sets its counters to zero. */
export async function clearStatus(c: AppContext): Promise<Response> {
  return give(c, await findTarget(c, 'primary'), { kind: 'clear' });
}

/** PUT /v1/pcaps/{id}/capture (extension) */
export async function changeCapture(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'pcap');
  const { action } = await readRules(c, capture);
  return give(c, target, { kind: action === 'start' ? 'start-capture' : 'stop-capture' });
}
