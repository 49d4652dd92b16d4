import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('does without koffi where its native part is missing', () => {
  const script = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'koffi') throw new Error('Cannot find the native Koffi module');
        return next(specifier, context);
      },
    });
    const { keepFreedMemory } = await import(process.argv[1]);
    keepFreedMemory();
    console.log('it runs');`;
  const allocator = new URL('./allocator.ts', import.meta.url).href;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', script, allocator], {
    encoding: 'utf8',
  });
  expect(output).toBe('it runs\n');
});
