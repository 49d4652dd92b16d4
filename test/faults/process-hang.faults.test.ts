import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runcPath } from '../../executor/drivers/oci/host-programs.ts';
import { waiting } from '../conformance/example.ts';
import { temporaryDirectory } from '../support/database.ts';
import { StoreTemplate } from '../support/images/put-image.ts';
import { until } from '../support/until.ts';
import { Lab } from './lab.ts';
import { expectNothingLeft } from './nothing-left.ts';

/* runc hangs: each attempt takes as long as the driver waits for it, half a minute. */

const SHELL = 'lab/shell:1';
const shell = new StoreTemplate(SHELL);

/** runc never ends when it is to create a container; returns what mends it. */
function hangRunc(): () => void {
  const directory = temporaryDirectory();
  const runc = runcPath();
  const real = join(directory, 'real');
  const script = join(directory, 'runc');
  const hangs = join(directory, 'hangs');
  copyFileSync(runc, real);
  writeFileSync(hangs, '');
  // Its shell keeps the words of the call, by which the processes of a start are found.
  const hanging = `while [ -e ${hangs} ]; do sleep 0.1; done`;
  writeFileSync(
    script,
    `#!/bin/sh\ncase " $* " in *" create "*) if [ -e ${hangs} ]; then ${hanging}; fi;; esac\nexec ${real} "$@"\n`,
  );
  chmodSync(script, 0o755);
  execFileSync('mount', ['--bind', script, runc]);
  const mend = () => rmSync(hangs, { force: true });
  onTestFinished(() => {
    mend();
    execFileSync('umount', ['--lazy', runc]);
  });
  return mend;
}

interface Begun {
  readonly id: string;
}

async function begin(lab: Lab, name: string): Promise<Begun> {
  const { status, body } = await lab.request<Begun>(
    'PUT',
    `/host/host1/${name}`,
    { image: SHELL },
    { prefer: 'respond-async' },
  );
  expect(status).toBe(202);
  return body;
}

const operation = async (lab: Lab, { id }: Begun) => (await lab.request('GET', `/operations/${id}`)).body;

it('a start whose runc hangs says so and waits for the next attempt; at its deadline it fails and leaves nothing, and others end when runc is mended', async () => {
  const lab = await Lab.start();
  await shell.putInto(lab);
  const mend = hangRunc();
  const [late, early] = [await begin(lab, 'late'), await begin(lab, 'early')];
  await until('it is under way', async () => (await operation(lab, late)).status === 'running');
  await lab.sql(`UPDATE operations SET deadline_ms = 1 WHERE id = '${late.id}'`);
  await until('it has failed', async () => (await operation(lab, late)).finished !== null);
  const away = expect.stringContaining('start the process of container late: ');
  expect((await operation(lab, late)).error).toMatchObject({ code: 'deadline', status: 504, detail: away });
  expect((await operation(lab, early)).error).toMatchObject({
    code: 'unavailable',
    status: 503,
    step: 'process.start',
  });
  mend();
  await until('the other one runs', async () => (await operation(lab, early)).status === 'succeeded');
  expect(await lab.request('DELETE', '/host/host1/early', undefined, waiting)).toMatchObject({ status: 200 });
  await expectNothingLeft(lab);
});
