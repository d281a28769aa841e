// The log: JSON lines on standard output, or lines for a person.
import { isatty } from 'node:tty'
import pino from 'pino'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Logger } from '../log.ts'
import { shown } from '../shown.ts'

export type LoggerOptions = {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  readonly format: 'json' | 'pretty'
  readonly clock: Clock
  /** Where lines go; standard output if left out. */
  readonly destination?: { write(line: string): void }
}

/**
 * Every line is written before the call returns, so none is lost however the process ends: the audit trail is made of
 * them. Errors are shown without what they may carry of a foreign server, see {@link describeError}.
 */
export async function createLogger({ level, format, clock, destination }: LoggerOptions): Promise<Logger> {
  const output = escaping(destination ?? pino.destination({ dest: 1, sync: true }))
  const logger: Logger = pino(
    {
      level,
      base: null,
      timestamp: () => `,"time":"${new Date(clock.now()).toISOString()}"`,
      serializers: { err: loggable },
      formatters: {
        level: (label) => ({ level: label }),
        log: (fields) => Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, loggable(value)])),
      },
    },
    format === 'pretty' ? await prettyStream(output) : output,
  )
  return logger
}

/**
 * What is logged of an error: name, code and the first line of its message; its frames, too, unless it is an expected
 * {@link Failure}. Not its cause nor any other property: there are bodies and headers of foreign servers in them.
 */
export function describeError(error: Error): Readonly<Record<string, unknown>> {
  const { name, message, stack = '' } = error
  const code = 'code' in error && typeof error.code === 'string' ? { code: error.code } : {}
  // The message comes first, and what a server put into it may look like a frame.
  const frames = stack
    .replace(message, () => '')
    .split('\n')
    .filter((line) => /^ {4}at /.test(line))
  return {
    name,
    ...code,
    message: message.split('\n', 1)[0]!.slice(0, 1000),
    ...(!(error instanceof Failure) && { stack: frames.join('\n') }),
  }
}

function loggable(value: unknown): unknown {
  return value instanceof Error ? describeError(value) : value
}

function escaping(output: { write(line: string): void }): { write(line: string): void } {
  return { write: (line) => output.write(shown(line)) }
}

/** Loaded only when asked for: it costs memory, and nobody asks for it in a cluster. */
async function prettyStream(output: { write(line: string): void }): Promise<{ write(line: string): void }> {
  const { prettyFactory } = await import('pino-pretty')
  const pretty = prettyFactory({ colorize: isatty(1), singleLine: true, translateTime: 'SYS:HH:MM:ss.l' })
  return { write: (line) => output.write(pretty(line)) }
}
