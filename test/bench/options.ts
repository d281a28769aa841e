// What the benchmark is asked to do: its command line, checked, and what it takes of the machine.
import { parseArgs } from 'node:util'
import { Failure } from '../../src/errors.ts'

/** How large things are: figures of other scales are not comparable. */
export type Scale = {
  /** Tenants × applications. */
  readonly fleet: readonly [tenants: number, applications: number]
  readonly largeFleet: readonly [tenants: number, applications: number]
  /** Numbers of resources of a population that grows, ascending: tenants and their applications. */
  readonly sizes: readonly number[]
  /** Two of the sizes. */
  readonly many: number
  readonly most: number
  readonly applicationsPerTenant: number
  /** Samples of one change among many, for each run. */
  readonly changes: number
  /** How long a process that has started is given before it is looked at. */
  readonly settleMs: number
  /** How long it is looked at then, before its first round through all, and how long after that, until that is over. */
  readonly restMs: number
  readonly firstRoundMs: number
  /** Whether to wait until the journals of creates have been swept, which takes two minutes. */
  readonly isSwept: boolean
}

const FULL: Scale = {
  fleet: [20, 25],
  largeFleet: [100, 49],
  sizes: [100, 1_000, 5_000, 10_000, 20_000],
  many: 5_000,
  most: 20_000,
  applicationsPerTenant: 49,
  changes: 20,
  settleMs: 10_000,
  // Our first sweep begins 48 to 72 s after the start, the other side's second questions 60 s after it; both take some seconds.
  restMs: 30_000,
  firstRoundMs: 50_000,
  isSwept: true,
}

const QUICK: Scale = {
  // As many as the default budget does not let through at once.
  fleet: [3, 6],
  largeFleet: [3, 4],
  sizes: [10, 20],
  many: 10,
  most: 20,
  applicationsPerTenant: 4,
  changes: 2,
  settleMs: 500,
  restMs: 1_000,
  firstRoundMs: 1_000,
  isSwept: false,
}

export type Options = {
  readonly isQuick: boolean
  readonly runs: number
  readonly scale: Scale
  /** Names of rows; empty: all. */
  readonly only: readonly string[]
  /** Folder of the Go operator's sources; `undefined`: ours alone. */
  readonly goSources: string | undefined
  /** Where results go. */
  readonly out: string
  /** Where CPU profiles of ours go. */
  readonly cpuProfiles: string | undefined
}

export const USAGE = `npm run bench -- [--quick] [--only ROW ...] [--runs N] [--largest N] [--out DIR] [--go DIR | --no-go] [--cpu-prof DIR]

  --quick         small sizes, one run, times not judged
  --only ROW      this row; may be repeated
  --runs N        runs of each side, medians are told (5)
  --largest N     leaves out sizes with more resources (20000)
  --out DIR       where results.json, table.md and size.svg go (.bench)
  --go DIR        sources of the Go operator to compare with (BENCH_GO, else ../shared/bench/go-baseline)
  --no-go         ours alone
  --cpu-prof DIR  CPU profiles of each life of ours
`

/** Throws `WrongArguments`, whose message is one line, for what is not understood. `rows` are all there are. */
export function readOptions(argv: readonly string[], rows: readonly string[], goSources: string): Options {
  const values = parsed(argv)
  const isQuick = values.quick ?? false
  const full = isQuick ? QUICK : FULL
  const largest = count('largest', values.largest, full.most)
  const only = values.only ?? []
  for (const row of only) if (!rows.includes(row)) throw wrong(`no row is called ${row}, there are ${rows.join(', ')}`)
  const sizes = full.sizes.filter((size) => size <= largest)
  if (sizes.length === 0) throw wrong(`--largest takes ${full.sizes[0]} or more`)
  const most = sizes.at(-1)!
  return {
    isQuick,
    runs: count('runs', values.runs, isQuick ? 1 : 5),
    scale: { ...full, sizes, most, many: Math.min(full.many, most) },
    only,
    goSources: values['no-go'] ? undefined : (values.go ?? goSources),
    out: values.out ?? '.bench',
    cpuProfiles: values['cpu-prof'],
  }
}

function parsed(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        quick: { type: 'boolean' },
        only: { type: 'string', multiple: true },
        runs: { type: 'string' },
        largest: { type: 'string' },
        out: { type: 'string' },
        go: { type: 'string' },
        'no-go': { type: 'boolean' },
        'cpu-prof': { type: 'string' },
      },
    }).values
  } catch (error) {
    throw wrong((error as Error).message.split('\n')[0]!)
  }
}

function count(flag: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise
  const number = Number(text)
  if (!Number.isInteger(number) || number < 1) throw wrong(`--${flag} takes a whole number from 1, not ${text}`)
  return number
}

function wrong(message: string): Failure {
  return new Failure('WrongArguments', 'stall', message)
}

/**
 * What API server, etcd and control plane take for each resource and its Secret, and without any, in bytes: measured on
 * Kubernetes 1.37 as the growth of their resident memory, and doubled.
 */
const BYTES_PER_RESOURCE = 100_000
const BYTES_AT_LEAST = 1_500_000_000

/** Why this machine cannot hold so many resources for each of so many sides; `undefined`: it can. */
export function tooLarge(resources: number, sides: number, freeBytes: number): string | undefined {
  const needed = sides * (BYTES_AT_LEAST + resources * BYTES_PER_RESOURCE)
  if (needed <= freeBytes) return undefined
  const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
  return `${resources} resources for ${sides} operators take ${gigabytes(needed)} GB of memory and ${gigabytes(freeBytes)} GB are free: give --largest`
}
