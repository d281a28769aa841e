// What goes wrong during a soak: outside in turn, between operator and API server, and watches that fall silent.
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../../src/errors.ts'
import type { ControlPlane } from '../../stack/control-plane.ts'
import type { Held } from './held.ts'
import type { Watch } from './probe.ts'
import type { Proxy } from '../../stack/proxy.ts'

const CREATES = 'createTenantApplication'
const DELETES = 'deleteTenantApplication'

/** Each is in force for a while, in turn. */
const PLANE_FAULTS: readonly [name: string, faults: readonly object[]][] = [
  ['429', [{ kind: 'status', status: 429, headers: { 'Retry-After': '2' }, count: -1 }]],
  ['500', [{ kind: 'status', status: 500, count: -1 }]],
  ['no answer', [{ kind: 'stall', count: -1 }]],
  [
    'lost answers',
    [
      { kind: 'close', when: 'after', op: CREATES, count: 2 },
      { kind: 'close', when: 'after', op: DELETES, count: 2 },
    ],
  ],
  ['token endpoint down', [{ kind: 'close', op: 'token', count: -1 }]],
  ['cut answers', [{ kind: 'cut', count: 5 }]],
]

/** One lap of all faults outside, and quiet in between. */
export async function disturbPlane(
  plane: ControlPlane,
  { eachMs, restMs }: { readonly eachMs: number; readonly restMs: number },
  counts: Record<string, number>,
  signal: AbortSignal,
): Promise<void> {
  for (const [name, faults] of PLANE_FAULTS) {
    if (signal.aborted) break
    const undo = await Promise.all(faults.map((fault) => plane.disturb(fault)))
    // Without a token at hand the endpoint is asked at once.
    if (name.startsWith('token')) await fetch(`${plane.adminUrl}/tokens`, { method: 'DELETE' })
    counts[name] = (counts[name] ?? 0) + 1
    await paused(eachMs, signal)
    for (const end of undo) await end()
    await paused(restMs, signal)
  }
}

const CUT_EVERY_MS = 25_000
const SLOW_FOR_MS = 8_000
const SLOW_BY_MS = 200

/** Cuts all connections to the API server, makes them slow, and so on, until `signal` aborts. */
export async function disturbConnections(
  proxy: Proxy,
  counts: Record<string, number>,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await paused(CUT_EVERY_MS, signal)
    if (signal.aborted) break
    proxy.cut()
    counts['connections cut'] = (counts['connections cut'] ?? 0) + 1
    await paused(CUT_EVERY_MS, signal)
    proxy.slow(SLOW_BY_MS)
    counts['slow API server'] = (counts['slow API server'] ?? 0) + 1
    await paused(SLOW_FOR_MS, signal)
    proxy.slow(0)
  }
}

/** Which watches fell silent (a path, or `all` with every other connection), and how soon each of them was made anew. */
export type Noticed = { readonly what: string; readonly ms: Readonly<Record<string, number>> }

const POLL_MS = 250
/** Longer than any limit. */
const GIVEN_UP_MS = 150_000

/**
 * Black-holes the watch of this path, or all connections, until the operator has opened another one in place of each
 * watch, on which the API server answers. A watch that is never made anew counts as `Infinity`.
 */
export async function blackHole(proxy: Proxy, held: Held, path: string | undefined): Promise<Noticed> {
  const before = await watchesOf(held, path)
  const hole = proxy.hole(path === undefined ? undefined : before.map(({ port }) => port))
  const startedAt = performance.now()
  const ms: Record<string, number> = Object.fromEntries(before.map((watch) => [watch.path, Infinity]))
  const former = new Set(before.map(({ port }) => port))
  const isAnew = ({ port, isAnswered }: Watch) => !former.has(port) && isAnswered && proxy.answered(port) > 0
  while (performance.now() - startedAt < GIVEN_UP_MS && Object.values(ms).includes(Infinity)) {
    await sleep(POLL_MS)
    for (const watch of await held.ask('watches')) {
      if (ms[watch.path] === Infinity && isAnew(watch)) ms[watch.path] = performance.now() - startedAt
    }
  }
  hole.end()
  return { what: path ?? 'all', ms }
}

/** The watches of this path, or all, once there is one: after a cut it may be being made anew just then, and nothing would be tried. */
async function watchesOf(held: Held, path: string | undefined): Promise<Watch[]> {
  for (const startedAt = performance.now(); performance.now() - startedAt < GIVEN_UP_MS; await sleep(POLL_MS)) {
    const watches = (await held.ask('watches')).filter((watch) => path === undefined || watch.path === path)
    if (watches.length > 0) return watches
  }
  throw new Failure(
    'WatchMissing',
    'stall',
    `for ${GIVEN_UP_MS / 1000} s there was no watch of ${path ?? 'anything'} to fall silent`,
  )
}

/** Rests, unless `signal` aborts. */
export async function paused(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined)
}
