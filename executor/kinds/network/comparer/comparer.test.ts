import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../../test/support/until.ts';
import { openComparer } from './comparer.ts';
import type { ComparerOptions } from './protocol.ts';

const options: ComparerOptions = {
  database: { url: 'file:/nowhere', authToken: undefined },
  databaseId: 'database',
  hypervisor: 'hypervisor',
  containers: null,
};

/** The answer of a thread that finds nothing. */
const NOTHING = { differences: [], busy: [], orphans: { labelled: 0, orphans: [] } };

/** A comparer whose thread executes this for each call: a body of `(call, port) => …`. */
async function open(body: string, deadlineMs = 60_000) {
  const script = `
    import { parentPort as port } from 'node:worker_threads';
    const nothing = ${JSON.stringify(NOTHING)};
    port.on('message', (call) => { if (call === 'close') port.close(); else { ${body} } });`;
  const log: string[] = [];
  const comparer = await openComparer(options, {
    ...{ deadlineMs, program: new URL(`data:text/javascript,${encodeURIComponent(script)}`) },
    log: (level, text) => log.push(`${level} ${text}`),
  });
  onTestFinished(() => comparer.close());
  return { comparer, log };
}

/** Resolves when the thread is ready that replaced one that had ended. */
const isBack = (log: readonly string[]) =>
  until('it is there again', () => log.includes('info the thread that compares the host with the rows is there again'));

describe('the thread that compares', () => {
  it('that crashes is reported as away, and is started again', async () => {
    const { comparer, log } = await open('throw new Error("it breaks")');
    for (let time = 0; time < 2; time += 1) {
      await expect(comparer.compare('all')).rejects.toMatchObject({
        ...{ name: 'TechnologyAway', code: 'away', transient: true, message: 'it breaks' },
      });
      const away = 'the thread that compares the host with the rows ended unexpectedly: it breaks';
      await expect(comparer.compare('all')).rejects.toMatchObject({ name: 'TechnologyAway', message: away });
      await isBack(log);
      log.length = 0;
    }
  });

  it('that does not answer in time is abandoned, and another is started', async () => {
    const { comparer, log } = await open('if (call.id === 1) for (;;);', 50);
    await expect(comparer.compare('all')).rejects.toMatchObject({
      ...{ name: 'TechnologyAway', message: 'it did not answer within 0.05 s' },
    });
    await isBack(log);
  });

  it('answers concurrent calls separately', async () => {
    const { comparer } = await open(
      'port.postMessage({ id: call.id, comparison: { ...nothing, orphans: { labelled: call.id, orphans: [] } } })',
    );
    const answers = await Promise.all([comparer.compare('all'), comparer.compare('all'), comparer.compare('all')]);
    expect(answers.map(({ orphans }) => orphans?.labelled)).toEqual([1, 2, 3]);
  });

  it('that is closed during a comparison ends, and is not started again', async () => {
    const { comparer, log } = await open('for (;;);');
    const comparing = comparer.compare('all');
    const refused = expect(comparing).rejects.toMatchObject({ name: 'TechnologyAway' });
    await comparer.close();
    await refused;
    await expect(comparer.compare('all')).rejects.toThrow('it has been closed');
    expect(log).toEqual([]);
  });
});
