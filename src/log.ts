// Logging as a dependency: the shape of a pino logger that the operator relies on.

export type LogFields = Readonly<Record<string, unknown>>

/**
 * One JSON object a line. `message` is constant text; what varies stands in `fields`. `info`: the world changed;
 * `debug`: everything else; `warn` and `error`: somebody should look. Errors go in as `fields.err`.
 */
export interface Logger {
  debug(fields: LogFields, message: string): void
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
  child(fields: LogFields): Logger
}
