import { expect } from 'vitest';
import type { SeenProcess } from '../../../schema/resources/network/process.ts';
import { addressPicture } from '../../support/addressing.ts';
import { ip } from '../../support/host.ts';
import type { StoreTemplate } from '../../support/images/put-image.ts';
import type { Instance } from '../../support/instance.ts';
import { processPicture, viewsOf } from '../../support/oci/process-picture.ts';
import { until } from '../../support/until.ts';
import { type Act, inOrder, request, type Scenario, type Scenarios } from '../scenario.ts';
import { isolationPicture } from './cins.ts';
import { fetchedImage, storePicture } from './fetched-image.ts';

/** The image of all containers. */
export const IMAGE = 'lab/shell:1';

let template: StoreTemplate | undefined;

/** Called in the body of a file of tests: what images are made from ends with it. */
export function useImages(images: StoreTemplate): void {
  template = images;
}

export const processesRows = [
  "SELECT 'process', json_array(name, json_remove(process, '$.started', '$.finished')) FROM containers",
];

interface Recorded {
  readonly owner: string;
  readonly process: string;
}

/** Starts and deaths are recorded soon after they have happened. */
export async function recorded(weft: Instance): Promise<void> {
  await until('the rows say what runs', async () => {
    const views = await viewsOf(weft);
    const rows = await weft.sql<Recorded>('SELECT id AS owner, process FROM containers WHERE process IS NOT NULL');
    return (
      rows.length === views.length &&
      rows.every(({ owner, process }) => {
        const { number, started, running }: SeenProcess = JSON.parse(process);
        return views.some(
          (view) =>
            view.owner === owner &&
            view.number === number &&
            view.startedMs === started &&
            (view.phase === 'running') === running,
        );
      })
    );
  });
}

async function outcome(weft: Instance): Promise<unknown> {
  await recorded(weft);
  const picture = await processPicture(weft);
  // What every run leaves would be the same with and without a halt.
  expect(JSON.stringify(picture)).not.toContain('nobody');
  return { ...picture, addresses: await addressPicture(), isolation: await isolationPicture(weft) };
}

/** Puts the image of the file of tests into the store. */
export const putImage: Act = async (weft) => {
  if (template === undefined) throw new Error('the file of tests has no images');
  await template.putInto(weft);
  return { status: 200 };
};

const put = (body: object) => request('PUT', '/host/host1/a', { image: IMAGE, ...body });
const run = put({});
const act = (action: string, body?: object) => request('POST', `/host/host1/a/${action}`, body);
const pool = (start_with: number, cins: readonly object[] = []) =>
  request('POST', '/cpool', { cpoolList: [{ cpoolID: 'p', type: IMAGE, start_with, cins }] });
/** The same in a network with addresses. */
const addressed = (start_with: number) => pool(start_with, [{ cinID: 'net' }]);

const scenario = (prepare: Act, act: Act): Scenario => ({
  outcome,
  prepare: inOrder(putImage, prepare),
  act,
  // Processes and images outlive the rows of their hypervisor: each run has a state directory of its own.
  clear: async () => undefined,
});

/** An image that its start fetches; nothing of an unfinished fetch stays in the store. */
const runFetched: Scenario = {
  outcome: async (weft) => ({ processes: await outcome(weft), store: await storePicture(weft) }),
  prepare: fetchedImage.prepare,
  act: (weft) => put({ image: fetchedImage.name })(weft),
  clear: fetchedImage.clear,
};

/** The namespace is deleted by hand, until what ran in it runs in a new one. */
const deleteNamespace: Act = async (weft) => {
  ip('netns', 'delete', 'a');
  const repaired = "SELECT 1 FROM operations WHERE kind = 'container.repair' AND finished_ms IS NOT NULL";
  await until('it is repaired', async () => weft.hasEnded || (await weft.sql(repaired)).length > 0);
};

const other = put({ command: ['sleep', '601'] });

export const processes: Scenarios = {
  'run a container': scenario(inOrder(), run),
  'run a container, which fails': { ...scenario(inOrder(), run), failing: 'process.start:always' },
  'run a container whose image is not there': scenario(
    (weft) => weft.request('PATCH', '/hypervisors/host1/config', { image_pull: 'never' }),
    put({ image: 'lab/missing:1' }),
  ),
  'run a container whose image is fetched': runFetched,
  'stop a process': scenario(run, act('stop')),
  'start a stopped process': scenario(inOrder(run, act('stop')), act('start')),
  'start a running process': scenario(run, act('start')),
  'restart a process': scenario(run, act('restart')),
  'kill a process': scenario(run, act('kill')),
  'run another program': scenario(run, other),
  'run another program, which fails': { ...scenario(run, other), failing: 'process.start:1' },
  'limit a process': scenario(run, put({ memory: 64 })),
  'end a process and keep its container': scenario(run, put({ image: 'netns' })),
  'delete a container with a process': scenario(run, request('DELETE', '/host/host1/a')),
  'repair of a namespace that was deleted under a process': scenario(run, deleteNamespace),
  'make a pool of an image': scenario(inOrder(), pool(2)),
  'scale a pool of an image up': scenario(pool(1), pool(2)),
  'scale a pool of an image down': scenario(pool(2), pool(1)),
  'scale a pool of an image in a CIN up': scenario(addressed(1), addressed(3)),
  'scale a pool of an image in a CIN down': scenario(addressed(3), addressed(1)),
  'delete a pool of an image in a CIN': scenario(addressed(2), request('DELETE', '/cpool/p')),
};
