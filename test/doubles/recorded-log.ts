// A logger that keeps what it was told.
import type { LogFields, Logger } from '../../src/log.ts'

export type LogLine = {
  readonly level: Exclude<keyof Logger, 'child'>
  readonly message: string
  readonly fields: LogFields
}

export class RecordedLog implements Logger {
  readonly lines: LogLine[] = []

  debug(fields: LogFields, message: string): void {
    this.lines.push({ level: 'debug', message, fields })
  }

  info(fields: LogFields, message: string): void {
    this.lines.push({ level: 'info', message, fields })
  }

  warn(fields: LogFields, message: string): void {
    this.lines.push({ level: 'warn', message, fields })
  }

  error(fields: LogFields, message: string): void {
    this.lines.push({ level: 'error', message, fields })
  }

  child(): Logger {
    return this
  }
}
