// Time of a simulated world: one for all, moved by whoever runs it; each process sees it through a clock of its own.
import type { Clock } from '../../src/clock.ts'

type Timer = {
  readonly at: number
  readonly order: number
  /** Gone once it has acted or was called off: a heap is not searched. */
  wake: (() => void) | undefined
}

const EPOCH = Date.UTC(2026, 0, 1)

export class VirtualTime {
  /** A heap by time, then by the order of arming. */
  readonly #timers: Timer[] = []
  #armed = 0
  #elapsedMs = 0
  #order = 0

  /** Milliseconds since the world began. */
  get elapsedMs(): number {
    return this.#elapsedMs
  }

  /** How many timers are still to act. */
  get armed(): number {
    return this.#armed
  }

  /** When the next timer is due. */
  nextAt(): number | undefined {
    while (this.#timers[0] && this.#timers[0].wake === undefined) this.#pop()
    return this.#timers[0]?.at
  }

  /** Moves to the next timer and lets it act. */
  fire(): void {
    if (this.nextAt() === undefined) return
    const timer = this.#pop()
    this.#elapsedMs = Math.max(this.#elapsedMs, timer.at)
    this.#disarm(timer)?.()
  }

  /** Moves on without anything happening before. */
  advanceTo(ms: number): void {
    this.#elapsedMs = Math.max(this.#elapsedMs, ms)
  }

  /** The clock of the world's servers. */
  clock(): Clock {
    return new VirtualClock(this)
  }

  arm(ms: number, wake: () => void): () => void {
    const timer: Timer = { at: this.#elapsedMs + Math.max(0, ms), order: this.#order++, wake }
    this.#push(timer)
    this.#armed++
    return () => void this.#disarm(timer)
  }

  /** What it was to do, unless it has acted or was called off. */
  #disarm(timer: Timer): (() => void) | undefined {
    const { wake } = timer
    if (wake) this.#armed--
    timer.wake = undefined
    return wake
  }

  #push(timer: Timer): void {
    const heap = this.#timers
    let child = heap.push(timer) - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (!isSooner(timer, heap[parent]!)) break
      heap[child] = heap[parent]!
      child = parent
    }
    heap[child] = timer
  }

  #pop(): Timer {
    const heap = this.#timers
    const first = heap[0]!
    const last = heap.pop()!
    if (heap.length === 0) return first
    let parent = 0
    for (;;) {
      let child = 2 * parent + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && isSooner(heap[child + 1]!, heap[child]!)) child++
      if (!isSooner(heap[child]!, last)) break
      heap[parent] = heap[child]!
      parent = child
    }
    heap[parent] = last
    return first
  }
}

function isSooner(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}

/** A clock that can be stopped for good, as the timers of a process end with it, or held, as while it is frozen. */
export class VirtualClock implements Clock {
  readonly #time: VirtualTime
  readonly #held: (() => void)[] = []
  /** Lets go of the signal of each sleep. */
  readonly #sleeping = new Set<() => void>()
  #state: 'runs' | 'holds' | 'dead' = 'runs'

  constructor(time: VirtualTime) {
    this.#time = time
  }

  now(): number {
    return EPOCH + this.#time.elapsedMs
  }

  monotonic(): number {
    return this.#time.elapsedMs
  }

  after(ms: number, wake: () => void): () => void {
    let isCancelled = false
    const act = () => {
      if (isCancelled || this.#state === 'dead') return
      if (this.#state === 'holds') this.#held.push(act)
      else wake()
    }
    const disarm = this.#time.arm(ms, act)
    return () => {
      isCancelled = true
      disarm()
    }
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    if (signal?.aborted) return Promise.reject(signal.reason as Error)
    const abort = () => {
      cancel()
      this.#sleeping.delete(letGo)
      reject(signal?.reason as Error)
    }
    const letGo = () => signal?.removeEventListener('abort', abort)
    const cancel = this.after(ms, () => {
      this.#sleeping.delete(letGo)
      letGo()
      resolve()
    })
    this.#sleeping.add(letGo)
    signal?.addEventListener('abort', abort, { once: true })
    return promise
  }

  hold(): void {
    if (this.#state === 'runs') this.#state = 'holds'
  }

  /** Lets go on what came due meanwhile. */
  resume(): void {
    if (this.#state !== 'holds') return
    this.#state = 'runs'
    for (const act of this.#held.splice(0)) act()
  }

  kill(): void {
    this.#state = 'dead'
  }

  /** Lets go of all that still waits for a clock that is dead: it never ends. */
  bury(): void {
    this.kill()
    for (const letGo of this.#sleeping) letGo()
    this.#sleeping.clear()
  }
}
