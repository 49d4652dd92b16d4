import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Describer } from './describe.ts';
import { parseProtocol } from './parse.ts';
import { USED_EVENTS, USED_PROCEDURES } from './procedures.ts';

/*
 * A tool for developers: `node executor/drivers/libvirt/protocol/generate.ts PATH/remote_protocol.x` writes `remote.ts`,
 * which is checked in. The protocol file is in libvirt's source, src/remote/remote_protocol.x; libvirt only ever appends to
 * it, so that a newer libvirtd understands what was generated from an older file.
 */

const path = process.argv[2];
if (path === undefined) throw new Error('the path of remote_protocol.x is missing');
const output = fileURLToPath(new URL('remote.ts', import.meta.url));
const describer = new Describer(parseProtocol(readFileSync(path, 'utf8')));
writeFileSync(output, describer.module(basename(path), USED_PROCEDURES, USED_EVENTS));
const biome = fileURLToPath(new URL('../../../../node_modules/.bin/biome', import.meta.url));
execFileSync(biome, ['check', '--write', output], { stdio: 'inherit' });
