// When an operator reconciled which resource, as its log tells.
import { open } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 100

type Line = {
  readonly time: string
  readonly controller: string
  readonly key: string
  readonly seconds: number
}

/** Reads on in the logs of operators that run with the log level `debug`. */
export class Reconciles {
  /** When the last reconcile of each resource began that has ended, by controller and key. */
  readonly #lastBegan = new Map<string, number>()
  #over = false

  /** Reads a log until {@link close}. */
  async follow(logFile: string): Promise<void> {
    let [read, rest] = [0, '']
    while (!this.#over) {
      const news = await readFrom(logFile, read)
      read += news.length
      const lines = (rest + news.toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines) if (line.includes('"msg":"reconciled"')) this.#note(JSON.parse(line) as Line)
      await sleep(POLL_MS)
    }
  }

  #note({ time, controller, key, seconds }: Line): void {
    this.#lastBegan.set(`${controller} ${key}`, Date.parse(time) - seconds * 1_000)
  }

  /** Whether a reconcile of this resource that began at this time or later has ended. `at` in milliseconds. */
  hasBegunSince(controller: string, key: string, at: number): boolean {
    return (this.#lastBegan.get(`${controller} ${key}`) ?? 0) >= at
  }

  close(): void {
    this.#over = true
  }
}

async function readFrom(path: string, position: number): Promise<Buffer> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const buffer = Buffer.alloc(Math.max(0, size - position))
    const { bytesRead } = await file.read({ buffer, position })
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}
