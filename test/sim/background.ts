// When a simulation can go on: nothing is left to do without time or input, cryptography on the thread pool among it.

const METHODS = ['sign', 'verify', 'digest', 'importKey', 'exportKey', 'generateKey'] as const
/** So often the event loop has a turn of its own, or nobody could interrupt a long simulation. */
const TURN_EVERY = 256

let busy = 0
let onIdle = (): void => {}
let isWatching = false
let untilTurn = TURN_EVERY

/** Counts what runs on the thread pool from now on. */
function watchCrypto(): void {
  if (isWatching) return
  isWatching = true
  const prototype = Object.getPrototypeOf(globalThis.crypto.subtle) as Record<
    string,
    (...args: unknown[]) => Promise<unknown>
  >
  for (const method of METHODS) {
    const original = prototype[method]!
    prototype[method] = function (this: unknown, ...args) {
      busy++
      return original.apply(this, args).finally(() => {
        if (--busy === 0) onIdle()
      })
    }
  }
}

/** Resolves once nothing can go on without time or input. */
export async function quiescent(): Promise<void> {
  watchCrypto()
  // What is not on the thread pool is promises alone. All that they lead to is done before a tick that is asked for here,
  // and such a tick costs a tenth of a turn of the event loop.
  await new Promise<void>((resolve) => process.nextTick(resolve))
  if (busy === 0 && --untilTurn > 0) return
  untilTurn = TURN_EVERY
  await new Promise((resolve) => setImmediate(resolve))
  if (busy === 0) return
  await new Promise<void>((resolve) => (onIdle = resolve))
  await quiescent()
}
