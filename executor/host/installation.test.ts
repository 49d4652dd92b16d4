import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { Installation, type InstallationOptions } from './installation.ts';

const FILES = [
  'usr/bin/skopeo',
  'usr/bin/umoci',
  'usr/sbin/runc',
  'usr/bin/conmon',
  'usr/share/containers/seccomp.json',
];
const PACKAGES = 'skopeo umoci runc conmon golang-github-containers-common';

/** A directory in place of `/`, with these files of what containers need. */
function host(files: readonly string[]): string {
  const root = temporaryDirectory();
  for (const file of files) put(root, file);
  return root;
}

function put(root: string, file: string): void {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), `#!/bin/sh\necho "${file} version 1.2.3"\n`, { mode: 0o755 });
}

/** A stand-in for apt-get that writes its arguments to a file and then runs the script. */
function apt(root: string, script: string): void {
  put(root, 'usr/bin/apt-get');
  const text = `#!/bin/sh\nPATH=/usr/bin:/bin\necho "$@" >> ${root}/calls\n${script}\n`;
  writeFileSync(join(root, 'usr/bin/apt-get'), text, { mode: 0o755 });
}

/** What the stand-in runs to install all files. */
function installs(root: string): string {
  const one = (file: string) =>
    `mkdir -p $(dirname ${root}/${file}); printf '#!/bin/sh\\necho x version 4.5' > ${root}/${file}; chmod 755 ${root}/${file}`;
  return FILES.map(one).join('\n');
}

const callsOf = (root: string) => readFileSync(join(root, 'calls'), 'utf8').trim().split('\n');

/** Of a host whose programs are below `root` alone. */
function installation(root: string, options: Partial<InstallationOptions> = {}): Installation {
  return new Installation({ technology: 'containers', setup: 'auto', places: { path: '', root }, user: 0, ...options });
}

it('a host with all packages has the technology, with the versions', async () => {
  const found = installation(host(FILES));
  await found.refresh();
  expect(found.isInstalled()).toBe(true);
  expect(found.capability()).toEqual({
    available: true,
    version: 'skopeo 1.2.3, umoci 1.2.3, runc 1.2.3, conmon 1.2.3',
  });
});

it.each(FILES)('a host that lacks %s has not', (file) => {
  const root = host(FILES.filter((each) => each !== file));
  expect(installation(root).isInstalled()).toBe(false);
});

it('what root can install with apt-get counts as available, and is installable', () => {
  const root = host([]);
  apt(root, 'exit 1');
  expect(installation(root).capability()).toEqual({ available: true, version: null, installable: true });
});

it.each([
  [{ setup: 'off' }, 'WEFT_SETUP is off'],
  [{ setup: 'check' }, 'WEFT_SETUP is check'],
  [{ user: 1000 }, 'only root can install packages'],
] as const)('with %o it is missing, and the reason says so', (options, why) => {
  const root = host(FILES.filter((file) => !/runc|seccomp/.test(file)));
  apt(root, 'exit 1');
  expect(installation(root, options).capability()).toEqual({
    available: false,
    reason: `runc, golang-github-containers-common not installed: ${why}`,
  });
});

it('without apt-get nothing can be installed', async () => {
  const found = installation(host([]));
  expect(found.capability()).toMatchObject({ available: false, reason: expect.stringMatching(/has no apt-get$/) });
  await expect(found.ensureInstalled()).rejects.toMatchObject({ code: 'unsupported', transient: false });
});

it('it is installed once for all who wait, by packages and without a removal, and is then available', async () => {
  const root = host(['usr/bin/conmon']);
  apt(root, installs(root));
  const found = installation(root);
  await Promise.all([found.ensureInstalled(), found.ensureInstalled()]);
  await found.ensureInstalled();
  expect(callsOf(root)).toEqual([
    expect.stringMatching(/ install .*--no-remove .* skopeo umoci runc golang-github-containers-common$/),
  ]);
  expect(found.capability()).toEqual({ available: true, version: 'skopeo 4.5, umoci 4.5, runc 4.5, conmon 4.5' });
});

it('the event loop goes on meanwhile', async () => {
  const root = host([]);
  apt(
    root,
    `for i in $(seq 500); do test -e ${root}/go && break; sleep 0.01; done; test -e ${root}/go || exit 1\n${installs(root)}`,
  );
  const found = installation(root);
  const installing = found.ensureInstalled();
  writeFileSync(join(root, 'go'), '');
  await installing;
  expect(found.isInstalled()).toBe(true);
});

it('a failure has the words of apt-get, is not repeated for some minutes, and then is tried again', async () => {
  const root = host([]);
  apt(root, 'echo "E: Unable to locate package runc" >&2; exit 100');
  let now = 0;
  const found = installation(root, { now: () => now });
  const failed = {
    code: 'unsupported',
    message: `install ${PACKAGES}: apt-get install ${PACKAGES} failed: E: Unable to locate package runc`,
    hint: 'As root on the host: WEFT_SETUP=auto npm run setup -- containers',
  };
  await expect(found.ensureInstalled()).rejects.toMatchObject(failed);
  const tried = callsOf(root).length;
  expect(found.capability()).toMatchObject({ available: false, reason: expect.stringContaining('Unable to locate') });
  await expect(found.ensureInstalled()).rejects.toMatchObject({ code: 'unsupported' });
  expect(callsOf(root)).toHaveLength(tried);
  now = 300_000;
  expect(found.capability()).toMatchObject({ installable: true });
  apt(root, installs(root));
  await found.ensureInstalled();
  expect(found.capability()).toMatchObject({ available: true, version: expect.stringContaining('runc') });
});

it('an apt-get that says it has succeeded and has not is a failure', async () => {
  const root = host(FILES.slice(1));
  apt(root, 'exit 0');
  await expect(installation(root).ensureInstalled()).rejects.toThrow(/apt-get has not installed skopeo$/);
});

it('what somebody removes is missing at once, and is installed again', async () => {
  const root = host(FILES);
  const found = installation(root);
  apt(root, installs(root));
  chmodSync(join(root, 'usr/sbin/runc'), 0o644);
  expect(found.capability()).toMatchObject({ installable: true });
  await found.ensureInstalled();
  expect(callsOf(root)).toEqual([expect.stringMatching(/ runc$/)]);
});
