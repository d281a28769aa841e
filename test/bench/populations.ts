// A population for each side, made by the operator itself, that grows from size to size and is looked at on the way.
import { setTimeout as sleep } from 'node:timers/promises'
import { Failure } from '../../src/errors.ts'
import type { Samples, SideName } from './figures.ts'
import type { Scale } from './options.ts'
import { costOf } from './process-cost.ts'
import type { Side } from './sides.ts'
import { openWorld } from './world.ts'
import type { Life, World } from './world.ts'

/** What is measured at each size. */
export const MEASURES = ['createSeconds', 'startSeconds', 'megabytes', 'calls', 'writes'] as const
export type Measure = (typeof MEASURES)[number]

type Population = { readonly world: World; life: Life; resources: number; createSeconds: number }

const LONGEST_GROWTH_MS = 1_800_000
/** More than the journals of a batch wait for after their creates. */
const LONGEST_SWEEP_MS = 300_000
const POLL_MS = 2_000

export type PopulationsOptions = {
  readonly sides: readonly Side[]
  readonly runs: number
  readonly scale: Scale
  readonly say: (line: string) => void
}

export class Populations {
  readonly #options: PopulationsOptions
  readonly #populations = new Map<SideName, Population>()
  readonly #samples = new Map<number, Record<Measure, Record<SideName, number[]>>>()

  constructor(options: PopulationsOptions) {
    this.#options = options
  }

  /** What was measured with so many resources, which is 0 or one of the sizes; both sides are grown up to it first. */
  async at(resources: number): Promise<Readonly<Record<Measure, Samples>>> {
    for (const size of [0, ...this.#options.scale.sizes]) {
      if (size > resources || this.#samples.has(size)) continue
      for (const side of this.#options.sides) await this.#grow(side, size)
      await this.#untilSwept()
      await this.#measure(size)
    }
    return this.#samples.get(resources)!
  }

  /** The population of a side as it is now, its operator running. */
  world(side: Side): World {
    return this.#populations.get(side.name)!.world
  }

  /** The process that runs over it. */
  life(side: Side): Life {
    return this.#populations.get(side.name)!.life
  }

  /** Another life over the same population, in place of the one that runs. */
  async restart(side: Side, env: NodeJS.ProcessEnv = {}): Promise<Life> {
    const population = this.#populations.get(side.name)!
    await population.life.stop()
    population.life = await population.world.start({}, env)
    return population.life
  }

  async close(): Promise<void> {
    await Promise.all(Array.from(this.#populations.values(), ({ world }) => world.close()))
    this.#populations.clear()
  }

  async #grow(side: Side, size: number): Promise<void> {
    const { applicationsPerTenant } = this.#options.scale
    const population = this.#populations.get(side.name) ?? (await this.#begin(side))
    if (size === population.resources) return
    this.#options.say(`  ${side.name}: from ${population.resources} to ${size} resources`)
    const { world } = population
    await population.life.stop()
    const perTenant = 1 + applicationsPerTenant
    // Other rows may have added some of their own.
    const ready = world.administrator.readyCount
    const made = await world.apply(population.resources / perTenant, size / perTenant, applicationsPerTenant)
    population.life = await world.start()
    const readyAt = await world.administrator.allReadyAt(ready + made, LONGEST_GROWTH_MS)
    population.createSeconds += (readyAt - population.life.startedAt) / 1_000
    population.resources = size
  }

  async #begin(side: Side): Promise<Population> {
    const world = await openWorld(side)
    try {
      const population = { world, life: await world.start(), resources: 0, createSeconds: 0 }
      this.#populations.set(side.name, population)
      return population
    } catch (error) {
      await world.close()
      throw error
    }
  }

  /** Until its journals are swept, an operator has something to do, and another life goes on with it. */
  async #untilSwept(): Promise<void> {
    if (!this.#options.scale.isSwept) return
    const until = performance.now() + LONGEST_SWEEP_MS
    for (const { world } of this.#populations.values()) {
      while ((await world.journals()) > 0) {
        if (performance.now() > until) {
          throw new Failure('BenchFailed', 'stall', `journals are not swept within ${LONGEST_SWEEP_MS / 1_000} s`)
        }
        await sleep(POLL_MS)
      }
    }
  }

  async #measure(size: number): Promise<void> {
    const { sides, runs, scale, say } = this.#options
    const samples = Object.fromEntries(
      MEASURES.map((measure) => [measure, { ours: [] as number[], go: [] as number[] }]),
    ) as Record<Measure, Record<SideName, number[]>>
    for (let run = 0; run < runs; run++) {
      for (const side of run % 2 === 0 ? sides : sides.toReversed()) {
        const measured = await this.#start(side, scale.settleMs)
        for (const measure of MEASURES) samples[measure][side.name].push(measured[measure])
        say(`  ${size} resources, ${run + 1} of ${runs}, ${side.name}: ${JSON.stringify(measured)}`)
      }
    }
    this.#samples.set(size, samples)
  }

  /** One start over what is there, and what it did and took within the time that is given to it. */
  async #start(side: Side, settleMs: number): Promise<Record<Measure, number>> {
    const { world, createSeconds } = this.#populations.get(side.name)!
    await this.#populations.get(side.name)!.life.stop()
    const before = await activity(world)
    const life = await this.restart(side)
    await sleep(settleMs)
    const after = await activity(world)
    const { megabytes } = await costOf(life.pid)
    return {
      createSeconds,
      startSeconds: (life.workedAt - life.startedAt) / 1_000,
      megabytes,
      calls: after.calls - before.calls,
      writes: after.writes - before.writes,
    }
  }
}

/** Calls of the management API and writes to Kubernetes so far. */
async function activity(world: World): Promise<{ readonly calls: number; readonly writes: number }> {
  const { organizationToken: _, ...calls } = await world.plane.counts()
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((total, n) => total + n, 0)
  return { calls: sum(calls), writes: sum(await world.writes()) }
}
