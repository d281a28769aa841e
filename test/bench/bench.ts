// What every row is given: both sides, how often and how large, and the populations that several rows look at.
import type { RowResult, Samples, SideName } from './figures.ts'
import type { Scale } from './options.ts'
import type { Populations } from './populations.ts'
import { openWorld } from './world.ts'
import type { World } from './world.ts'
import type { Side } from './sides.ts'

export type Bench = {
  readonly sides: readonly Side[]
  readonly runs: number
  readonly scale: Scale
  readonly populations: Populations
  /** One line on how it goes on. */
  readonly say: (line: string) => void
}

/** One file of test/bench/rows. */
export type Row = {
  readonly name: string
  readonly title: string
  measure(bench: Bench): Promise<Omit<RowResult, 'row' | 'title'>>
}

/** Runs both sides in turn, who was last being first next time; `work` gives figures by name, which come back as samples. */
export async function inTurn<K extends string>(
  { sides, runs, say }: Pick<Bench, 'sides' | 'runs' | 'say'>,
  work: (side: Side) => Promise<Readonly<Record<K, number>>>,
): Promise<Readonly<Record<K, Samples>>> {
  const samples: { [name in string]?: Record<SideName, number[]> } = {}
  for (let run = 0; run < runs; run++) {
    for (const side of run % 2 === 0 ? sides : sides.toReversed()) {
      const figures = await work(side)
      for (const [name, value] of Object.entries<number>(figures)) {
        const known = (samples[name] ??= { ours: [], go: [] })
        known[side.name].push(value)
      }
      say(`  ${run + 1} of ${runs}, ${side.name}: ${JSON.stringify(figures)}`)
    }
  }
  return samples as Record<string, Samples> as Readonly<Record<K, Samples>>
}

/** A fresh world for `work`, closed whatever becomes of it. */
export async function inWorld<T>(side: Side, work: (world: World) => Promise<T>): Promise<T> {
  const world = await openWorld(side)
  try {
    return await work(world)
  } finally {
    await world.close()
  }
}
