import { connect, type Socket } from 'node:net';
import { STATUS } from '../../executor/drivers/spp/commands.ts';
import { HANDSHAKE } from '../../executor/drivers/spp/handshake.ts';

/* Processes for the tests of the driver: their answers are recorded from real ones. */

export type Answer = string | Buffer | null;

/** The answer of a process to a command; null: none. */
export type Answers = (command: string, process: FakeProcess) => Answer | Promise<Answer>;

export const SUCCESS = '{ "results": [ { "result": "success" } ] }';

export function vfError(message: string): string {
  return `{ "results": [ { "result": "error", "error_details": { "message": "${message}" } } ] }`;
}

/** A text as an nfv or primary sends it, in a frame of `size` bytes. */
export function padded(text: string, size: number): Buffer {
  const frame = Buffer.alloc(size);
  frame.write(text, 'latin1');
  return frame;
}

export function vfStatus(id: number): string {
  return `{ "results": [ { "result": "success" } ], "info": { "client-id": ${id}, "phy": [ 0, 1 ], "vhost": [  ], "ring": [  ], "core": [ { "core": 2, "type": "unuse" } ], "classifier_table": [  ] } }`;
}

export function oldVf(id: number | string, others: Answers = () => SUCCESS): Answers {
  return (command, process) => {
    if (command === HANDSHAKE) return `{ "results": [ { "result": "success" } ], "client_id": ${id} }`;
    return command === STATUS ? vfStatus(Number(id)) : others(command, process);
  };
}

export function typedProcess(id: number, type: string, status: string, others: Answers = () => SUCCESS): Answers {
  return (command, process) => {
    const identity = `{ "results": [ { "result": "success" } ], "client_id": ${id}, "process_type": "${type}" }`;
    if (command === HANDSHAKE) return identity;
    return command === STATUS ? status : others(command, process);
  };
}

/** Echoes the command, with NULs for blanks and colons, as nfvs of 2018 do. */
export function oldNfv(id: number | string, size = 1_000, ports = "'phy:0-null,phy:1-null'"): Answers {
  return (command) => {
    if (command === HANDSHAKE) return padded(String(id), size);
    if (command === STATUS) return padded(`status: idling\nports: ${ports}`, size);
    return padded(command.replaceAll(/[ :]/g, '\0'), size);
  };
}

export function oldPrimary(): Answers {
  return (command) => padded(command === STATUS ? 'Server Idling\n' : command, 1_000);
}

export class FakeProcess {
  /** Commands in the order of their arrival. */
  readonly heard: string[] = [];
  readonly socket: Socket;
  /** Settles when the connection has ended. */
  readonly ended: Promise<void>;
  hasEnded = false;
  #answers: Answers;

  private constructor(socket: Socket, answers: Answers) {
    this.socket = socket;
    this.#answers = answers;
    this.ended = new Promise((resolve) => {
      socket.on('close', () => {
        this.hasEnded = true;
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (bytes) => void this.#hear(bytes.toString('latin1')));
  }

  static async connect({ port }: { port: number }, answers: Answers): Promise<FakeProcess> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const process = new FakeProcess(socket, answers);
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', () => resolve());
      socket.once('error', reject);
    });
    return process;
  }

  /** From now on it answers like this. */
  become(answers: Answers): void {
    this.#answers = answers;
  }

  /** How many times it has received a command. */
  count(command: string): number {
    return this.heard.filter((heard) => heard === command).length;
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.ended;
  }

  async #hear(command: string): Promise<void> {
    this.heard.push(command);
    const answer = await this.#answers(command, this);
    if (answer !== null && !this.socket.destroyed) this.socket.write(answer);
  }
}
