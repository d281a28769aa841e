// SIGKILL at random moments on real parts: every application is there once, works, and can be taken down again.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { repeatBy, surviveKills } from '../trials/killings.ts'
import type { Survived } from '../trials/killings.ts'

const test = suite('killed')
const seeds = Array.from({ length: 2 }, () => Math.floor(Math.random() * 1_000_000))
/** At the same time: each waits for most of its time. */
let trials: readonly Promise<Survived>[]

test.before(() => {
  trials = seeds.map(surviveKills)
  for (const trial of trials) trial.catch(() => undefined)
})

for (const [index, seed] of seeds.entries()) {
  test(`an operator that is killed again and again makes everything once and loses nothing (seed ${seed})`, async () => {
    const { createsAtKills } = await trials[index]!
    assert.ok((createsAtKills.at(-1) ?? 0) > 0, `every kill came too early to hit anything: ${repeatBy(seed)}`)
  })
}

test.run()
