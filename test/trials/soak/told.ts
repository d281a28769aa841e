// The figures of a soak: what is wrong with them, and a table of them.
import { differences, median, MOST_GROWTH, NOTICED_MS } from './judged.ts'
import type { Balance, Growth } from './judged.ts'
import type { Noticed } from './faults.ts'
import type { Counts } from './probe.ts'

export type Figures = {
  readonly minutes: number
  readonly resources: number
  /** How often each was made, and each fault was in force. */
  readonly changes: Counts
  readonly faults: Counts
  readonly blackHoles: readonly Noticed[]
  /** Kinds of things held at rest, before and after; behind a colon a part of them. */
  readonly rest: { readonly before: Counts; readonly after: Counts }
  /** Bytes of the heap after garbage collection, with how many resources there were; and what that comes to. */
  readonly samples: readonly { readonly seconds: number; readonly heap: number; readonly resources: number }[]
  readonly growth: Growth | undefined
  readonly outside: Readonly<Record<string, Balance>>
  /** How many credentials obtained a token. */
  readonly tokens: number
  /** All else that went wrong, in words. */
  readonly failures: readonly string[]
}

/** All that must not be, one line each. */
export function failuresOf(figures: Figures): string[] {
  const { blackHoles, rest, growth, failures } = figures
  const late = blackHoles.flatMap(({ what, ms }, index) =>
    Object.entries(ms)
      .filter(([, taken]) => taken > NOTICED_MS)
      .map(([path, taken]) => `black hole ${index + 1} (${what}): ${path} was noticed after ${seconds(taken)}`),
  )
  return [
    ...differences(rest.before, rest.after).map((one) => `not as many at rest: ${one}`),
    ...(growth && growth.share > MOST_GROWTH ? [`the heap grew by ${percent(growth.share)}: ${heapOf(growth)}`] : []),
    ...(growth ? [] : ['too few samples of the heap for thirds']),
    ...late,
    ...(blackHoles.length === 0 ? ['no watch was black-holed'] : []),
    ...failures,
  ]
}

export function tableOf(figures: Figures): string {
  const { minutes, resources, changes, faults, blackHoles, rest, growth, outside, tokens } = figures
  const noticed = blackHoles.flatMap(({ ms }) => Object.values(ms))
  const rows: [string, string][] = [
    ['minutes, resources', `${minutes}, ${resources}`],
    ['changes', told(changes)],
    ['faults', told(faults)],
    ['black holes', `${blackHoles.length}, ${noticed.length} watches`],
    [
      'noticed after',
      noticed.length === 0 ? '-' : `${seconds(median(noticed))} (median), ${seconds(Math.max(...noticed))} at most`,
    ],
    ['heap after collection', growth ? `${heapOf(growth)}: ${percent(growth.share)}` : '-'],
    ...Object.entries(rest.before)
      .filter(([kind]) => !kind.includes(':'))
      .map(([kind, count]): [string, string] => [`${kind} at rest`, `${count}, ${rest.after[kind] ?? 0} after`]),
    ...Object.entries(outside).map(([kind, { creates, deletes, live }]): [string, string] => [
      `${kind} outside`,
      `${creates} created, ${deletes} deleted, ${live} live`,
    ]),
    ['tokens obtained', String(tokens)],
  ]
  const width = Math.max(...rows.map(([title]) => title.length))
  return rows.map(([title, text]) => `${title.padEnd(width)}  ${text}`).join('\n')
}

function told(counts: Counts): string {
  return Object.entries(counts)
    .map(([name, count]) => `${count} × ${name}`)
    .join(', ')
}

function heapOf({ middle, last }: Growth): string {
  return `${mib(middle)} in the middle third, ${mib(last)} in the last`
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`
}

function percent(share: number): string {
  return `${(100 * share).toFixed(2)} %`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}
