// What a soak comes to, as pure functions of what was measured.
import type { RaiTenantApplication } from '../../../src/api/types.ts'
import { heldIds } from '../../../src/domain/recovery.ts'
import type { StateReport } from '../../../src/simulator/person.ts'
import type { Counts } from './probe.ts'

/** How much larger the heap of the last third may be than that of the middle one. */
export const MOST_GROWTH = 0.02
/** How soon a black-holed watch has to be noticed. */
export const NOTICED_MS = 90_000

/**
 * What there is of each kind at rest, by several looks: the lower quartile. More than that is what comes for a while, such as
 * a connection that is kept for half a minute; fewer, what is being replaced in that moment, such as a watch. A kind that is told
 * in parts is their sum: what comes for a while in one part may be gone when it comes in another, and a total has it always.
 */
export function atRest(looks: readonly Counts[]): Counts {
  const names = [...new Set(looks.flatMap((counts) => Object.keys(counts)))]
  const quartile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 4)]!
  const usual = new Map(names.map((name) => [name, quartile(looks.map((counts) => counts[name] ?? 0))]))
  const parts = (of: string) => names.filter((name) => name.startsWith(`${of}: `))
  const whole = (name: string) => parts(name).reduce((sum, part) => sum + usual.get(part)!, 0)
  return Object.fromEntries(names.map((name) => [name, parts(name).length > 0 ? whole(name) : usual.get(name)!]))
}

/** Each kind of which there are not as many after as before, in words, and those parts of it of which that is so. */
export function differences(before: Counts, after: Counts): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  const differing = names.filter((name) => (before[name] ?? 0) !== (after[name] ?? 0))
  const told = (name: string) => `${name}: ${before[name] ?? 0} before, ${after[name] ?? 0} after`
  const parts = (of: string) => differing.filter((name) => name.startsWith(`${of}: `)).map(told)
  return differing.filter((name) => !name.includes(':')).map((name) => [told(name), ...parts(name)].join('; '))
}

/** Medians of the middle and of the last third of samples that were taken at equal distances, and by which share it grew. */
export type Growth = { readonly middle: number; readonly last: number; readonly share: number }

/** `undefined` where there are too few samples for thirds. */
export function growth(samples: readonly number[]): Growth | undefined {
  const third = Math.floor(samples.length / 3)
  if (third === 0) return undefined
  const [middle, last] = [median(samples.slice(-2 * third, -third)), median(samples.slice(-third))]
  return { middle, last, share: last / middle - 1 }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const half = Math.floor(sorted.length / 2)
  return sorted.length % 2 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}

/** What was made and deleted outside, by what the control plane carried out. */
export type Balance = { readonly creates: number; readonly deletes: number; readonly live: number }

/** All that is wrong with what stands outside: each thing has one resource that knows of it, and nothing went astray. */
export function astray(
  resources: readonly RaiTenantApplication[],
  state: StateReport,
  tenants: readonly string[],
  balances: Readonly<Record<string, Balance>>,
): string[] {
  const holders = new Map<string, string[]>()
  for (const resource of resources) {
    for (const id of heldIds(resource)) holders.set(id, [...(holders.get(id) ?? []), resource.metadata.name])
  }
  const standing = new Set(state.applications.map(({ id }) => id))
  const names = state.tenants.map(({ name }) => name).toSorted()
  return [
    ...(names.join() === tenants.toSorted().join() ? [] : [`the tenants ${names.join()} stand outside`]),
    ...state.applications
      .filter(({ id }) => !holders.has(id))
      .map(({ id, tenant, auth }) => `${auth} ${id} in ${tenant} is nobody's`),
    ...[...holders].filter(([id]) => !standing.has(id)).map(([id, [name]]) => `${id} of ${name} does not exist`),
    ...[...holders].filter(([, of]) => of.length > 1).map(([id, of]) => `${id} is of ${of.join(' and ')}`),
    ...Object.entries(balances)
      .filter(([, { creates, deletes, live }]) => creates !== deletes + live)
      .map(([kind, { creates, deletes, live }]) => `${kind}: ${creates} created, ${deletes} deleted, ${live} live`),
  ]
}
