import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('limits the young generation of a thread to a few megabytes', () => {
  const script = `
    import { Worker } from 'node:worker_threads';
    const { keepThreadHeapsSmall } = await import(process.argv[1]);
    if (process.argv[2] === 'small') keepThreadHeapsSmall();
    const thread = new Worker(\`
      let kept = [];
      for (let count = 0; count < 1_000_000; count += 1) {
        kept.push({ count });
        if (kept.length > 200_000) kept = [];
      }
      const space = process.getBuiltinModule('node:v8').getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space');
      console.log(space.space_size);
    \`, { eval: true });`;
  const program = new URL('./thread-heaps.ts', import.meta.url).href;
  const [small, usual] = ['small', 'usual'].map((size) =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '--eval', script, program, size], { encoding: 'utf8' }),
    ),
  );
  expect(small).toBeLessThanOrEqual(4 << 20);
  expect(usual).toBeGreaterThan(4 << 20);
});
