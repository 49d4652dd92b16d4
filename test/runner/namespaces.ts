import { fork } from 'node:child_process';
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer } from 'vitest/node';

/** A fresh /run, and `lo` up; what is made there goes with the namespace. */
const enter = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';

/** A process of vitest's in a network and mount namespace of its own, where it is root on a host that nobody else sees. */
class NamespaceWorker extends ForksPoolWorker {
  override readonly name: string = 'namespaces';

  override async start(): Promise<void> {
    const command = ['--mount', '--net', '--propagation', 'private', 'sh', '-c', enter, 'sh', process.execPath];
    const worker = fork(this.entrypoint, [], {
      env: this.env,
      execPath: 'unshare',
      execArgv: [...command, ...this.execArgv],
      stdio: 'pipe',
      serialization: 'advanced',
    });
    // vitest starts one itself only where there is none, and has no option for the program.
    Reflect.set(this, '_fork', worker);
    await super.start();
  }
}

/** A pool of vitest: each file of tests in a namespace of its own. */
export const namespaces: PoolRunnerInitializer = {
  name: 'namespaces',
  createPoolWorker: (options: PoolOptions) => new NamespaceWorker(options),
};
