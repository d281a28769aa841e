// A leader that stands still at any call of a create or a rotation, for longer than lease and quarantine, does no harm when it comes back.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { KeyPool } from './key-pool.ts'
import { MODES } from './lifecycle.ts'
import type { Mode } from './lifecycle.ts'
import { freezeLeader, FREEZES } from './two-leaders.ts'
import type { Work } from './two-leaders.ts'

const test = suite('two leaders')
const pool = await KeyPool.make({ rsa: true })

const works: [work: Work, modes: readonly Mode[], posts: number][] = [
  ['create', MODES, 1],
  ['rotation', ['EC', 'ClientSecret'], 2],
]

for (const [work, modes, most] of works) {
  for (const mode of modes) {
    const { labels } = await freezeLeader(pool, mode, undefined, 'freeze-before', work)
    test(`${mode}: with nobody frozen, A does all the work of a ${work}`, () =>
      assert.ok(labels.length > 20, String(labels.length)))
    for (const [index, label] of labels.entries()) {
      for (const freeze of FREEZES) {
        test(`${mode}: A may ${freeze} at call ${index} of a ${work}, ${label}, while B takes over`, async () => {
          const { faults, posts } = await freezeLeader(pool, mode, index, freeze, work)
          const repeat = `repeat: node test/sim/replay.ts freeze ${mode} ${index} ${freeze} ${work}`
          // An answer that comes while nobody is awake is lost: the deadline strikes first. Any other is known when A is back.
          const isLost = label.endsWith('CLIENT_SECRET') && !freeze.startsWith('freeze-b')
          assert.equal(faults, isLost ? ['suspect'] : [], repeat)
          assert.ok(posts <= most + 1, `${posts} POSTs. ${repeat}`)
        })
      }
    }
  }
}

test.run()
