// The one way in which an HTTP exchange fails, whatever the library below calls it.

/** No whole answer came: refused, reset, timed out, cut, too large. Whether anything was sent is the caller's to know. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  /** What happened: the system's error code, such as `ECONNREFUSED`, or a few words. Without addresses and contents. */
  readonly why: string

  constructor(why: string, options?: ErrorOptions) {
    super(`no answer: ${why}`, options)
    this.why = why
  }
}
