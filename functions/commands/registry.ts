import type { Command } from '../operations/command.ts';
import { releaseAddress } from './addresses/release.ts';
import { reserveAddress } from './addresses/reserve.ts';
import { createCen } from './cens/create.ts';
import { deleteCen } from './cens/delete.ts';
import { destroyCens } from './cens/destroy.ts';
import { importCens } from './cens/import.ts';
import { joinCen } from './cens/join.ts';
import { leaveCen } from './cens/leave.ts';
import { makeCens } from './cens/make.ts';
import { deleteCin } from './cins/delete.ts';
import { destroyCins } from './cins/destroy.ts';
import { importCins } from './cins/import.ts';
import { makeCins } from './cins/make.ts';
import { killContainer, restartContainer, startContainer, stopContainer } from './containers/act.ts';
import { deleteContainer } from './containers/delete.ts';
import { executeCommand } from './containers/exec.ts';
import { askForLog } from './containers/log.ts';
import { putContainer } from './containers/put.ts';
import { actOnDomain } from './domains/act.ts';
import { createDomain } from './domains/create.ts';
import { deleteDomain } from './domains/delete.ts';
import { updateDomain } from './domains/update.ts';
import { changeSubnets } from './hypervisors/change-subnets.ts';
import { updateConfig } from './hypervisors/configure.ts';
import { createHypervisor } from './hypervisors/create.ts';
import { removeHypervisor } from './hypervisors/remove.ts';
import { removeOrphans } from './hypervisors/remove-orphans.ts';
import { resync } from './hypervisors/resync.ts';
import { updateHypervisor } from './hypervisors/update.ts';
import { deleteImage } from './images/delete.ts';
import { pullImage } from './images/pull.ts';
import { cancelOperation } from './operations/cancel.ts';
import { decideOrphans } from './orphans/decide.ts';
import { deletePool } from './pools/delete.ts';
import { scalePools } from './pools/scale.ts';
import { sendCommands } from './processes/send.ts';
import { createSubnet } from './subnets/create.ts';
import { removeSubnet } from './subnets/remove.ts';
import { updateSubnet } from './subnets/update.ts';
import { createVlanNetwork } from './vlan-networks/create.ts';
import { deleteVlanNetwork } from './vlan-networks/delete.ts';

/** Every write that a client can ask for. */
export const commands: readonly Command<never>[] = [
  createHypervisor,
  updateHypervisor,
  updateConfig,
  changeSubnets,
  removeHypervisor,
  resync,
  removeOrphans,
  createSubnet,
  updateSubnet,
  removeSubnet,
  reserveAddress,
  releaseAddress,
  createCen,
  importCens,
  makeCens,
  destroyCens,
  deleteCen,
  importCins,
  makeCins,
  destroyCins,
  deleteCin,
  putContainer,
  deleteContainer,
  startContainer,
  stopContainer,
  restartContainer,
  killContainer,
  executeCommand,
  askForLog,
  joinCen,
  leaveCen,
  scalePools,
  deletePool,
  pullImage,
  deleteImage,
  createDomain,
  updateDomain,
  actOnDomain,
  deleteDomain,
  createVlanNetwork,
  deleteVlanNetwork,
  ...decideOrphans,
  ...sendCommands,
  cancelOperation,
];

const byKind: ReadonlyMap<string, Command<never>> = new Map(commands.map((command) => [command.kind, command]));

/** Undefined: no client can ask for operations of this kind. */
export function commandOf(kind: string): Command<never> | undefined {
  return byKind.get(kind);
}
