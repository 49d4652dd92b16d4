import { fork } from 'node:child_process';
import { ForksPoolWorker, type PoolOptions, type PoolRunnerInitializer } from 'vitest/node';

/** A fresh /run, and `lo` up; what is created there is removed with the namespace. */
const enter = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';

/** A process of vitest in a network and mount namespace of its own, in which it is root of a private host. */
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
    // vitest forks one only if there is none, and has no option for the program.
    Reflect.set(this, '_fork', worker);
    await super.start();
  }
}

/** A pool of vitest whose processes have each a namespace of their own, for one test file or for several in turn. */
export const namespaces: PoolRunnerInitializer = {
  name: 'namespaces',
  createPoolWorker: (options: PoolOptions) => new NamespaceWorker(options),
};
