import { Problem } from '../../../schema/problem.ts';
import { BundleError } from '../../drivers/oci/bundle/errors.ts';
import { isFileError } from '../../drivers/oci/images/errors.ts';
import { RuntimeError } from '../../drivers/oci/runtime/errors.ts';
import type { ContainersPeer } from '../../peers/containers.ts';
import { signalWhen } from '../signal-when.ts';
import { openProcessViewer, type ProcessViewer } from './process-viewer.ts';
import type { ProcessAccess } from './resource.ts';
import { startProcess } from './start-process.ts';
import type { ProcessStep } from './steps.ts';

/** Reads and changes the processes of containers. */
export function openProcesses(peer: ContainersPeer): ProcessViewer & ProcessAccess {
  const { runtime, images, paths } = peer;
  const viewer = openProcessViewer({
    layers: paths.layers,
    view: (owners) => runtime.view(owners),
    findImage: (name) => images.find(name),
    isInstalled: () => peer.isInstalled(),
  });
  return {
    view: (networks, everything) => viewer.view(networks, everything),
    async apply(step, isUnwanted = () => false) {
      using unwanted = signalWhen(isUnwanted);
      await apply(peer, step, unwanted.signal).catch((cause: unknown) => {
        throw named(step, cause);
      });
    },
  };
}

/** Each may be repeated. A change that fails is undone by converging to the state before it. */
async function apply(peer: ContainersPeer, step: ProcessStep, signal: AbortSignal): Promise<void> {
  const { runtime, images } = peer;
  switch (step.name) {
    case 'containers.install':
      return peer.ensureInstalled();
    case 'image.pull':
      return pull(images, step, signal);
    case 'process.start':
      return startProcess(peer, step.process, step.run).catch((cause: unknown) => {
        throw startError(step.process.container, cause);
      });
    case 'process.stop':
      return runtime.stop({ owner: step.owner, ...step.stop, unwanted: signal });
    case 'process.keep':
      return runtime.keep({ owner: step.owner, number: step.number });
    case 'process.limit':
      return runtime.limit({ owner: step.owner, limits: step.limits });
    case 'process.remove':
      return runtime.remove({ owner: step.owner });
  }
}

/** The runtime knows only the id of a container's row, and the client only its name. */
function named({ item }: ProcessStep, cause: unknown): unknown {
  if (!(cause instanceof RuntimeError) || item === null) return cause;
  const action = cause.action.replace(/ of [0-9a-f-]{36}$/, ` of container ${item}`);
  return new RuntimeError(cause.code, action, cause.detail, { cause });
}

function startError(container: string, cause: unknown): unknown {
  const action = `start the process of container ${container}`;
  if (isFileError(cause, 'ENOSPC', 'EDQUOT')) {
    const detail = 'no space is left in the file system of its writable layer or of its state';
    return new RuntimeError('full', action, detail, { cause });
  }
  return cause instanceof BundleError ? new BundleError(cause.code, action, cause.detail, { cause }) : cause;
}

async function pull(
  images: ContainersPeer['images'],
  { image, settings }: Extract<ProcessStep, { name: 'image.pull' }>,
  signal: AbortSignal,
): Promise<void> {
  const { pullsMissing, ...own } = settings;
  if (!pullsMissing) {
    throw new Problem('impossible', `There is no image ${image} on this host, and image_pull is never`, {
      hint: `Pull it: npm run image -- pull ${image}`,
    });
  }
  await images.pull({ name: image, ...own, signal });
}
