import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type BareContainer, NETWORK, ROOT } from './bare-container.ts';

/* What weft has made for the processes of a pool, for others to start. */

/** The control group of what is started bare, as in config.json. */
export const BARE_GROUP = `/weft-bench-${process.pid}`;
/** Of the runtime's driver. */
const RUN = '/run/weft';

/** The parts of config.json that depend on the place where it is used. */
interface Bundle {
  readonly root: { path: string };
  readonly mounts: readonly { readonly type: string; source: string }[];
  readonly linux: {
    cgroupsPath: string;
    readonly namespaces: readonly { readonly type: string; path?: string }[];
  };
}

/** Bundles as those of all containers that run, one for each of the network namespaces. Copies files to the directory. */
export function copyBundles(directory: string, namespaces: readonly string[]): readonly BareContainer[] {
  const made = bundlesDirectory();
  return readdirSync(made).map((owner, index) => {
    const configuration: Bundle = JSON.parse(readFileSync(join(made, owner, 'config.json'), 'utf8'));
    configuration.root.path = ROOT;
    configuration.linux.cgroupsPath = `${BARE_GROUP}/${index}`;
    for (const each of configuration.linux.namespaces) if (each.type === 'network') each.path = NETWORK;
    for (const mount of configuration.mounts.filter(({ source }) => source.startsWith(`${directory}/`))) {
      const copy = join(directory, `files${index}`, basename(mount.source));
      cpSync(mount.source, copy);
      mount.source = copy;
    }
    return { owner: `bench${process.pid}-${index}`, namespace: namespaces[index] ?? '', configuration };
  });
}

/** Root of the image of all of them. */
export function imageRoot(): string {
  const made = bundlesDirectory();
  const [owner = ''] = readdirSync(made);
  const record: { readonly lower: string } = JSON.parse(readFileSync(join(made, owner, 'record.json'), 'utf8'));
  return record.lower;
}

function bundlesDirectory(): string {
  const [database = ''] = readdirSync(RUN);
  return join(RUN, database, 'containers/bundles');
}
