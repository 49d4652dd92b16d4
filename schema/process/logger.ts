import { type Logger, pino } from 'pino';

export type { Logger };

/** JSON lines on standard output; readable ones on a terminal. */
export function openLogger(level: string): Logger {
  return process.stdout.isTTY
    ? pino({
        level,
        transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname', translateTime: 'HH:MM:ss.l' } },
      })
    : pino({ level, base: null });
}
