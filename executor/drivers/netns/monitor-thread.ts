import { parentPort, workerData } from 'node:worker_threads';
import type { MonitorMessage } from './monitor.ts';
import { decodeMessages } from './netlink/codec.ts';
import { RTM_DELLINK, RTM_NEWLINK } from './netlink/constants.ts';
import { decodeNames } from './netlink/links.ts';
import { listenToLinks } from './netlink/listening.ts';
import { closeDescriptor, openEvent, receiveNow, waitReadable } from './syscalls.ts';

/* The thread that listens to rtnetlink(7). It sleeps in poll(2) until there is something to tell. */

/**
 * It wakes so often with nothing to tell: a thread that is inside a system call cannot be ended, and a process that is told
 * to exit at once waits for all its threads.
 */
const SLEEP_MILLISECONDS = 1_000;
/** The first event waits so long for the others of its burst. */
const GATHER_MILLISECONDS = 50;
const DATAGRAM_BYTES = 64 << 10;
const ACTION = 'listen to changes of links';

if (parentPort === null) throw new Error('monitor-thread.ts is to be started as a worker thread');
const port = parentPort;
const { bufferBytes }: { bufferBytes: number } = workerData;
const datagram = Buffer.alloc(DATAGRAM_BYTES);

function tell(message: MonitorMessage): void {
  port.postMessage(message);
}

/** What a burst of events was about. */
interface Heard {
  readonly aliases: Set<string>;
  readonly names: Set<string>;
}

/** Empties the socket; false where the kernel had to drop events. */
function drain(socket: number, heard: Heard): boolean {
  let complete = true;
  for (;;) {
    const length = receiveNow(socket, datagram, ACTION);
    if (length === 'empty') return complete;
    if (length === 'overflow') complete = false;
    else hear(datagram.subarray(0, length), heard);
  }
}

/** What does not decode is nothing that we know: the next scan of the host sees whatever it was about. */
function hear(received: Buffer, { aliases, names }: Heard): void {
  try {
    for (const message of decodeMessages(received)) {
      if (message.type !== RTM_NEWLINK && message.type !== RTM_DELLINK) continue;
      const { name, alias } = decodeNames(message);
      if (name !== null) names.add(name);
      if (alias !== null) aliases.add(alias);
    }
  } catch {
    return;
  }
}

function listen(): void {
  const socket = listenToLinks({ bufferBytes, everywhere: true });
  try {
    // The main thread closes the event descriptor: it may write to it until this thread has ended.
    const wake = openEvent();
    tell({ wake });
    gather(wake, socket);
  } finally {
    closeDescriptor(socket);
  }
}

function gather(wake: number, socket: number): void {
  for (;;) {
    const [ending, hasEvents] = waitReadable([wake, socket], SLEEP_MILLISECONDS, ACTION);
    if (ending) break;
    if (!hasEvents) continue;
    const heard: Heard = { aliases: new Set(), names: new Set() };
    let everything = !drain(socket, heard);
    const [endingMeanwhile] = waitReadable([wake], GATHER_MILLISECONDS, ACTION);
    if (!drain(socket, heard)) everything = true;
    if (everything || heard.names.size > 0) tell({ aliases: [...heard.aliases], names: [...heard.names], everything });
    if (endingMeanwhile) break;
  }
}

try {
  listen();
} catch (error) {
  tell({ fault: error instanceof Error ? error.message : String(error) });
}
port.close();
