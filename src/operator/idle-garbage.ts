// What bursts of work and the start leave behind is given back to the system once there is nothing else to do.
import { getHeapStatistics } from 'node:v8'
import type { Clock } from '../clock.ts'

const LOOK_MS = 2_000
/** Between two collections at least: they take a four-hundredth of a core at most. */
const PAUSE_MS = 60_000
/** Of the time since the last look. At rest it is a third of that; creates at the default budget take four times as much. */
const MOST_ACTIVE = 0.01
/** A collection takes as long for little as for much, and the longer the more is alive: so garbage has to be worth it. */
const LEAST_GARBAGE_BYTES = 4_000_000
const LEAST_GARBAGE_PART = 0.25

/** The heap of this process, and what it does beside collecting. */
export type Heap = {
  /** What is alive and what is garbage. */
  usedBytes(): number
  /** For how many milliseconds the event loop has not waited, since the process began. */
  activeMs(): number
  /** Collects all garbage, and gives back what the system can have. Returns when it is done. */
  collect(): void
}

/**
 * Until `signal` aborts, whose reason it throws then: looks every few seconds whether the process is at rest and its heap has grown
 * since the last collection, and collects it then. V8 by itself keeps for hours what loading modules and listing all resources
 * leave behind; told to keep little, it collects all the time while there is work. Does nothing where Node does not show its
 * collector (`--expose-gc`, as in the image).
 */
export async function collectIdleGarbage(clock: Clock, signal: AbortSignal, heap = heapOfProcess()): Promise<void> {
  if (!heap) return
  let aliveBytes = 0
  for (;;) {
    const activeBefore = heap.activeMs()
    await clock.sleep(LOOK_MS, signal)
    const isAtRest = heap.activeMs() - activeBefore <= MOST_ACTIVE * LOOK_MS
    const usedBytes = heap.usedBytes()
    // V8 may have collected it meanwhile.
    aliveBytes = Math.min(aliveBytes, usedBytes)
    const leastBytes = Math.max(LEAST_GARBAGE_BYTES, aliveBytes * LEAST_GARBAGE_PART)
    if (!isAtRest || usedBytes - aliveBytes < leastBytes) continue
    heap.collect()
    aliveBytes = heap.usedBytes()
    await clock.sleep(PAUSE_MS, signal)
  }
}

function heapOfProcess(): Heap | undefined {
  const { gc } = globalThis
  return (
    gc && {
      usedBytes: () => getHeapStatistics().used_heap_size,
      activeMs: () => performance.eventLoopUtilization().active,
      collect: () => gc({ type: 'major', flavor: 'last-resort' }),
    }
  )
}
