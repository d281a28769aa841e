// Work that the event loop cannot see: cryptography on the thread pool is waited for, so that a simulation is repeatable.

const METHODS = ['sign', 'verify', 'digest', 'importKey', 'exportKey', 'generateKey'] as const

let busy = 0
let isWatching = false

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
      return original.apply(this, args).finally(() => busy--)
    }
  }
}

/** Resolves once nothing can go on without time or input. */
export async function quiescent(): Promise<void> {
  watchCrypto()
  await new Promise((resolve) => setImmediate(resolve))
  if (busy > 0) await quiescent()
}
