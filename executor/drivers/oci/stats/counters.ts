/** Since the interface was made. */
export interface InterfaceCounters {
  readonly name: string;
  readonly received: Counters;
  readonly sent: Counters;
}

export interface Counters {
  readonly bytes: number;
  readonly packets: number;
  readonly errors: number;
  readonly dropped: number;
}

/** Of each direction in `/proc/PID/net/dev`. */
const COLUMNS = 8;
/** Version 1 says the largest number of pages that it can count where there is no limit. */
const LARGEST_LIMIT = 2 ** 60;

/** Reads `/proc/PID/net/dev` (proc_pid_net(5)): all interfaces of the network namespace of a process. */
export function parseInterfaces(text: string): readonly InterfaceCounters[] {
  return text.split('\n').flatMap((line) => {
    // No name contains a colon, and a large number follows it without a space.
    const [name = '', columns] = line.split(':');
    if (columns === undefined) return [];
    const numbers = columns.trim().split(/\s+/).map(Number);
    return [{ name: name.trim(), received: countersOf(numbers), sent: countersOf(numbers.slice(COLUMNS)) }];
  });
}

function countersOf([bytes = 0, packets = 0, errors = 0, dropped = 0]: readonly number[]): Counters {
  return { bytes, packets, errors, dropped };
}

/** A value of a file with lines of a name and a number, such as `memory.stat`; null if it is not there. */
export function parseField(text: string, name: string): number | null {
  const line = text.split('\n').find((each) => each.startsWith(`${name} `));
  return line === undefined ? null : parseNumber(line.slice(name.length));
}

export function parseNumber(text: string): number | null {
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? null : number;
}

/** `memory.max` or `memory.limit_in_bytes`; null: no limit. */
export function parseLimit(text: string): number | null {
  const number = parseNumber(text);
  return number === null || number >= LARGEST_LIMIT ? null : number;
}
