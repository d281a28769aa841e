// Rows of a create whose answer is lost for good: what it may have left is told, and stays until a person gives it up.
import * as assert from 'uvu/assert'
import { eventually } from '../../stack/stack.ts'
import { eventOf } from '../reasons/events.ts'
import type { Lab } from '../reasons/lab.ts'
import { standingIn, until, valuesIn, works } from './side.ts'
import type { Row } from './side.ts'

const QUARANTINE_MS = 75_000
const METRIC = 'rai_suspects'

/** No other row of a side leaves any. The metric follows the operator's cache, not the status that a row has seen. */
async function suspectsCounted(lab: Lab, count: number): Promise<void> {
  const isCounted = async () => (await lab.ground.operator().metrics(METRIC)).get(METRIC) === count
  await eventually(`${METRIC} is ${count}`, isCounted)
}

export const SUSPECT_ROWS: readonly Row[] = [
  {
    rule: 'with Replace a lost answer is a suspect after 75 s, told in three places, and another application is made; it stands until it is discarded',
    name: 'suspected',
    async holds(lab) {
      const { controlPlane } = lab.stack
      await lab.readyTenant()
      await lab.disturb({ op: 'createTenantApplication', kind: 'close', when: 'after', count: 1 })
      await lab.application({ auth: { type: 'ClientSecret' }, onAmbiguousCreate: 'Replace' })
      await lab.says('application', 'AmbiguousCreate')
      const ready = await lab.readyAgain()
      const { tenantId, applicationId, suspects } = ready.status
      const [lost, ...others] = await standingIn(lab, tenantId)
      assert.equal(others, [applicationId])
      assert.ok(await works(await valuesIn(lab)))
      const posts = await controlPlane.calls('createTenantApplication')
      const [first, second, ...more] = posts.filter(({ path }) => path.includes(tenantId!))
      assert.equal(more, [])
      const restedMs = Date.parse(second!.at) - Date.parse(first!.at)
      assert.ok(restedMs >= QUARANTINE_MS, `the second POST came after ${restedMs} ms`)

      assert.equal(
        suspects?.map((suspect) => suspect.applicationId),
        [lost],
      )
      const { type, note } = await eventOf(lab, ready, 'OrphanSuspected')
      assert.is(type, 'Warning')
      assert.match(note, lost!)
      await suspectsCounted(lab, 1)

      await lab.ask('application', 'discardSuspect', lost!)
      const after = await until(lab, 'has discarded it', ({ lastHandledDiscard }) => lastHandledDiscard === lost)
      assert.equal(after.status.suspects ?? [], [])
      assert.equal(await standingIn(lab, tenantId), [applicationId])
      assert.ok(await works(await valuesIn(lab)))
      await suspectsCounted(lab, 0)
    },
  },
]
