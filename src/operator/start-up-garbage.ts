// What only the start needed is given back to the system, once.
import type { Clock } from '../clock.ts'
import type { Component } from '../engine/lifecycle.ts'

/** By then the first look at each resource is taken, unless thousands of them are new. */
const SETTLED_MS = 2_000

/**
 * Collects the heap down to what is alive a little after it has started, and never again: loading modules and listing all
 * resources leave a twentieth of the process behind that V8 by itself would keep for hours. Nothing is done where Node
 * does not show its collector (`--expose-gc`, as in the image).
 */
export function startUpGarbage(clock: Clock, collect = globalThis.gc): Component {
  let disarm = () => {}
  return {
    name: 'start-up garbage',
    async start() {
      if (collect) disarm = clock.after(SETTLED_MS, () => collect({ type: 'major', flavor: 'last-resort' }))
    },
    async stop() {
      disarm()
    },
  }
}
