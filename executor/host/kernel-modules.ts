import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { kernelRelease } from './identity.ts';

/** Whether the running kernel has a module: built in, loaded, or loadable from disk. */
export async function hasKernelModule(name: string): Promise<boolean> {
  if (existsSync(`/sys/module/${name}`)) return true;
  const lists = ['modules.builtin', 'modules.dep'].map(async (file) =>
    listsModule(await readFile(`/lib/modules/${kernelRelease()}/${file}`, 'utf8').catch(() => ''), name),
  );
  return (await Promise.all(lists)).includes(true);
}

/** Searches modules.builtin or modules.dep (depmod(8)), whose lines begin with the path of a module. */
export function listsModule(text: string, name: string): boolean {
  return new RegExp(`(?:^|/)${name}\\.ko(?:\\.\\w+)?(?::|$)`, 'm').test(text);
}
