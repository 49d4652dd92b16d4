import type { VlanTag } from '../../../schema/api/spp/commands.ts';
import {
  classifierChange,
  componentPort,
  componentStart,
  mirrorPort,
  mirrorStart,
} from '../../../schema/api/spp/components.ts';
import { readComponentName } from '../../../schema/api/spp/parameters.ts';
import type { Vlan } from '../../../schema/api/spp/values.ts';
import type { AppContext } from '../../context.ts';
import { findTarget, give, readRules } from './target.ts';

/** POST /v1/vfs/{id}/components */
export async function startComponent(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'vf');
  return give(c, target, { kind: 'start-component', ...(await readRules(c, componentStart)) });
}

/** POST /v1/mirrors/{id}/components (extension) */
export async function startMirror(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'mirror');
  return give(c, target, { kind: 'start-component', ...(await readRules(c, mirrorStart)) });
}

/** DELETE …/components/{name} */
export async function stopComponent(c: AppContext, type: 'vf' | 'mirror'): Promise<Response> {
  const target = await findTarget(c, type);
  return give(c, target, { kind: 'stop-component', name: componentName(c) });
}

/** PUT /v1/vfs/{id}/components/{name}/ports, and without `/ports` */
export async function changePort(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'vf');
  const component = componentName(c);
  const request = await readRules(c, componentPort);
  const { port, dir: direction } = request;
  if (request.action === 'detach') return give(c, target, { kind: 'detach-port', port, direction, component });
  const vlan = tagOf(request.vlan);
  return give(c, target, { kind: 'attach-port', port, direction, component, ...(vlan ? { vlan } : {}) });
}

/** PUT /v1/mirrors/{id}/components/{name}/ports (extension) */
export async function changeMirrorPort(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'mirror');
  const component = componentName(c);
  const { action, port, dir: direction } = await readRules(c, mirrorPort);
  return give(c, target, { kind: action === 'attach' ? 'attach-port' : 'detach-port', port, direction, component });
}

/** PUT /v1/vfs/{id}/classifier_table */
export async function changeClassifier(c: AppContext): Promise<Response> {
  const target = await findTarget(c, 'vf');
  const { action, mac_address: mac, port, vlan: vlanId } = await readRules(c, classifierChange);
  return give(c, target, { kind: action === 'add' ? 'add-classifier' : 'remove-classifier', mac, port, vlanId });
}

function componentName(c: AppContext): string {
  return readComponentName(c.req.param('name') ?? '');
}

function tagOf(vlan: Vlan): VlanTag | undefined {
  switch (vlan.operation) {
    case 'add':
      return { operation: 'add', id: vlan.id, priority: vlan.pcp };
    case 'del':
      return { operation: 'remove' };
    case 'none':
      return undefined;
  }
}
