import { expect, test } from 'vitest';
import { installerCommandLine } from './command-line.ts';
import type { Family } from './tree.ts';

const location = 'http://mirror.example/os/';

test.each<[Family, boolean, string, string]>([
  ['debian', false, '', ''],
  ['debian', true, '', 'console=ttyS0,115200n8'],
  ['debian', true, 'auto=true --- quiet', 'console=ttyS0,115200n8 auto=true --- quiet'],
  ['debian', true, 'console=ttyS1', 'console=ttyS1'],
  ['ubuntu', false, 'a b', 'a b'],
  ['red hat', false, '', `inst.repo=${location}`],
  ['red hat', true, 'inst.text', `inst.repo=${location} console=ttyS0,115200n8 inst.text`],
  ['red hat', false, 'inst.repo=cdrom', 'inst.repo=cdrom'],
  ['red hat', false, 'inst.stage2=http://other/', 'inst.stage2=http://other/'],
  ['red hat', false, 'method=http://other/', 'method=http://other/'],
  ['suse', true, '', `install=${location} console=ttyS0,115200n8`],
  ['suse', false, 'install=cd:/ x=install', 'install=cd:/ x=install'],
  ['other', true, 'x', 'console=ttyS0,115200n8 x'],
])('%s, console %s, "%s"', (family, console, commandLine, expected) => {
  expect(installerCommandLine({ family, location, console, commandLine })).toBe(expected);
});
