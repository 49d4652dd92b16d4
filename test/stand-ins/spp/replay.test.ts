import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { createMachine } from './machines.ts';
import { SESSIONS, SET_ASIDE, type Session } from './recorded/sessions.ts';
import type { Machine } from './reply.ts';

/*
 * The stand-ins compared with all recordings of the real processes: text, bytes and trailing NULs, exactly. What
 * differs between machines (hardware addresses, the time in the name of a capture) is an option of the session's
 * process; the counters were all 0.
 */

interface Recorded {
  readonly spp: string;
  readonly process: string;
  readonly command: string;
  readonly reply: string;
  readonly bytes: number;
  readonly trailing_nuls: number;
}

type Said = Pick<Recorded, 'reply' | 'bytes' | 'trailing_nuls'>;

const RECORDED: readonly Recorded[] = readFileSync(new URL('recorded/exchanges.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line));

const ERA_NAMES = { 'seed-18.05': 'spp-seed-18.05', '2018-10': 'spp-2018-10-05', '2020': 'spp-2020' } as const;

/** A process that is gone or hangs sends nothing more, which was recorded as no bytes. */
class Replayed {
  readonly #machine: Machine;
  #over = false;

  constructor({ process, options }: Session) {
    this.#machine = createMachine(process, options);
  }

  say(command: string): Said {
    const reply = this.#over ? { kind: 'silence' as const } : this.#machine.handle(command);
    if (reply.kind !== 'answer') {
      if (reply.kind !== 'silence') this.#over = true;
      return { reply: '', bytes: 0, trailing_nuls: 0 };
    }
    const whole = reply.bytes.toString('utf8');
    const text = whole.replace(/\0+$/, '');
    return { reply: text, bytes: reply.bytes.length, trailing_nuls: whole.length - text.length };
  }
}

function at(line: number): Recorded {
  const found = RECORDED[line - 1];
  if (!found) throw new RangeError(`the recording has no line ${line}`);
  return found;
}

function same({ reply, bytes, trailing_nuls }: Said): Said {
  return { reply, bytes, trailing_nuls };
}

describe('the stand-ins answer as the real processes did', () => {
  it.each(SESSIONS)('$options.era, $process: $name', (session) => {
    const { process, options, steps } = session;
    const spp = ERA_NAMES[options.era];
    const replayed = new Replayed(session);
    for (const step of steps) {
      if (typeof step === 'number') {
        const recorded = at(step);
        expect(recorded, `line ${step}`).toMatchObject({ spp, process });
        expect(replayed.say(recorded.command), `line ${step}: ${recorded.command}`).toEqual(same(recorded));
        continue;
      }
      const said = replayed.say(step);
      const elsewhere = RECORDED.filter(
        (each) => each.spp === spp && each.process === process && each.command === step,
      ).map(same);
      expect(elsewhere, step).toContainEqual(said);
    }
  });

  it('and each recorded line is replayed once or set aside', () => {
    const replayed = SESSIONS.flatMap(({ steps }) => steps.filter((step) => typeof step === 'number'));
    const all = [...replayed, ...Object.keys(SET_ASIDE).map(Number)].sort((left, right) => left - right);
    expect(all).toEqual(RECORDED.map((_, index) => index + 1));
  });

  afterAll(() => {
    const aside = Object.keys(SET_ASIDE).length;
    console.log(`note: ${RECORDED.length - aside} recorded exchanges replayed, ${aside} set aside`);
    for (const [line, reason] of Object.entries(SET_ASIDE)) console.log(`note: line ${line} set aside: ${reason}`);
  });
});
