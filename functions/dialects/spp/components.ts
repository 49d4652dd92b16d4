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
import type { AppContext } from '../../http/context.ts';
import { readRules, sendCommand } from './target.ts';

/** POST /v1/vfs/{id}/components */
export function startComponent(c: AppContext): Promise<Response> {
  return sendCommand(c, 'vf', async () => ({ kind: 'start-component', ...(await readRules(c, componentStart)) }));
}

/** POST /v1/mirrors/{id}/components (extension) */
export function startMirror(c: AppContext): Promise<Response> {
  return sendCommand(c, 'mirror', async () => ({ kind: 'start-component', ...(await readRules(c, mirrorStart)) }));
}

/** DELETE …/components/{name} */
export function stopComponent(c: AppContext, type: 'vf' | 'mirror'): Promise<Response> {
  return sendCommand(c, type, () => ({ kind: 'stop-component', name: componentName(c) }));
}

/** PUT /v1/vfs/{id}/components/{name}/ports, and without `/ports` */
export function changePort(c: AppContext): Promise<Response> {
  return sendCommand(c, 'vf', async () => {
    const component = componentName(c);
    const request = await readRules(c, componentPort);
    const { port, dir: direction } = request;
    if (request.action === 'detach') return { kind: 'detach-port', port, direction, component };
    const vlan = tagOf(request.vlan);
    return { kind: 'attach-port', port, direction, component, ...(vlan ? { vlan } : {}) };
  });
}

/** PUT /v1/mirrors/{id}/components/{name}/ports (extension) */
export function changeMirrorPort(c: AppContext): Promise<Response> {
  return sendCommand(c, 'mirror', async () => {
    const component = componentName(c);
    const { action, port, dir: direction } = await readRules(c, mirrorPort);
    return { kind: action === 'attach' ? 'attach-port' : 'detach-port', port, direction, component };
  });
}

/** PUT /v1/vfs/{id}/classifier_table */
export function changeClassifier(c: AppContext): Promise<Response> {
  return sendCommand(c, 'vf', async () => {
    const { action, mac_address: mac, port, vlan: vlanId } = await readRules(c, classifierChange);
    return { kind: action === 'add' ? 'add-classifier' : 'remove-classifier', mac, port, vlanId };
  });
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
