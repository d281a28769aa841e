// One answer that goes on: lines that are put in at one end and read at the other.

/** Ended by whoever puts lines in, by its reader, or by the reader's signal. */
export class Stream {
  /** Called once, when it ends. */
  onEnd: () => void = () => {}
  readonly #lines: string[] = []
  #end: { readonly failure: Error | undefined } | undefined
  #wake: () => void = () => {}

  get isOver(): boolean {
    return this.#end !== undefined
  }

  push(line: string): void {
    if (this.isOver) return
    this.#lines.push(line)
    this.#wake()
  }

  /** What is in it is still read; after that the reader's loop ends, or fails with `failure`. */
  end(failure?: Error): void {
    if (this.isOver) return
    this.#end = { failure }
    this.onEnd()
    this.#wake()
  }

  /** Fails with the signal's reason as soon as that aborts, whatever is still in it. */
  async *read(signal: AbortSignal): AsyncGenerator<string, void, void> {
    const onAbort = () => this.end()
    signal.addEventListener('abort', onAbort)
    try {
      for (;;) {
        signal.throwIfAborted()
        const line = this.#lines.shift()
        if (line !== undefined) yield line
        else if (this.#end) break
        else await new Promise<void>((resolve) => (this.#wake = resolve))
      }
      if (this.#end.failure !== undefined) throw this.#end.failure
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.end()
    }
  }
}
