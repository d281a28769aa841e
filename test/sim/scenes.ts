// Where tests of single rules begin: a world of its own for each, with what must be Ready before the rule is looked at.
import * as assert from 'uvu/assert'
import { APPLICATION, applyApplication, applyTenant, isReady, MINUTE_MS, TENANT } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { seeded } from './random.ts'
import { World } from './world.ts'
import type { WorldOptions } from './world.ts'

export type Scene = Omit<WorldOptions, 'random'> & { readonly seed: number }

type Act = (world: World) => Promise<void>

/** Runs `act` in a new world, the same for the same seed, and ends that. */
export async function withWorld({ seed, ...options }: Scene, act: Act): Promise<void> {
  const world = new World({ ...options, random: seeded(seed) })
  try {
    await act(world)
  } finally {
    await world.end()
  }
}

/** … where an operator is at work and a tenant Ready. */
export async function withTenant(scene: Scene, act: Act): Promise<void> {
  await withWorld(scene, async (world) => {
    world.startOperator('p1')
    applyTenant(world)
    assert.ok(await world.run(MINUTE_MS, () => isReady(world.api.get(TENANT))))
    await act(world)
  })
}

/** … and an application in it. */
export async function withApplication(scene: Scene, mode: Mode, spec: object, act: Act): Promise<void> {
  await withTenant(scene, async (world) => {
    applyApplication(world, mode, spec)
    assert.ok(await world.run(5 * MINUTE_MS, () => isReady(world.api.get(APPLICATION))))
    await act(world)
  })
}
