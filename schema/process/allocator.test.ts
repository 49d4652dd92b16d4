import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

const allocator = new URL('./allocator.ts', import.meta.url).href;

it('works without koffi if its native part is missing', () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'koffi') throw new Error('Cannot find the native Koffi module');
        return next(specifier, context);
      },
    });
    const { setUpAllocator } = await import(process.argv[1]);
    setUpAllocator();
    console.log('it runs');`;
  expect(run(script)).toBe('it runs\n');
});

it('does not delay the end of a process, and trims periodically', () => {
  const script = `
    import { mock } from 'node:test';
    import koffi from 'koffi';
    mock.timers.enable({ apis: ['setInterval'] });
    const calls = [];
    koffi.load = () => ({
      func(text) {
        const call = () => calls.push(/\\w+(?=\\()/.exec(text)[0]);
        return Object.assign(call, { async: call });
      },
    });
    const { setUpAllocator } = await import(process.argv[1]);
    setUpAllocator();
    mock.timers.tick(30_000);
    console.log(calls.filter((name) => name === 'malloc_trim').length);
    mock.timers.reset();
    setUpAllocator();`;
  expect(run(script)).toBe('3\n');
});

function run(script: string): string {
  const args = ['--input-type=module', '--eval', script, allocator];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: import.meta.dirname });
}
