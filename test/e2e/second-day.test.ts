// The second day on real parts, row by row of the API's design: rotated, replaced, moved, healed, retained, restored, suspected and
// swept, with both variants of the control plane.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sharedCluster } from '../cluster/cluster.ts'
import { createNamespace } from '../cluster/namespaces.ts'
import { allow } from '../stack/roles.ts'
import { startStack } from '../stack/stack.ts'
import { VARIANTS } from '../stack/variants.ts'
import { Lab, prepareGround, releaseGround } from './reasons/lab.ts'
import type { Ground } from './reasons/lab.ts'
import { DELIVERY_ROWS } from './second-day/delivery-rows.ts'
import { GONE_ROWS } from './second-day/gone-rows.ts'
import { OUTSIDE_ROWS } from './second-day/outside-rows.ts'
import { ROTATION_ROWS } from './second-day/rotation-rows.ts'
import { SECRET_ROWS } from './second-day/secret-rows.ts'
import type { Row, Side } from './second-day/side.ts'
import { SUSPECT_ROWS } from './second-day/suspect-rows.ts'
import { ADOPTED, SWEEP_ROW } from './second-day/sweep-row.ts'

const test = suite('second day')
const ROWS = [...SUSPECT_ROWS, ...GONE_ROWS, ...DELIVERY_ROWS, ...ROTATION_ROWS, ...SECRET_ROWS, ...OUTSIDE_ROWS]
/** More than the rows have need of. */
const MANY = 1_000

const grounds: Ground[] = []
/** How each row went, by variant and rule. */
const outcomes = new Map<string, Promise<void>>()

/** The rows of a side need nothing of each other, and run all at once; but for the one that ends its operator. */
async function start([variant, planeFlags]: (typeof VARIANTS)[number], watchesSecrets: boolean): Promise<void> {
  const guest = await createNamespace(await sharedCluster(), `second-day-guest`)
  const stack = await startStack(`second-day-${variant}`, {
    alsoWatch: [guest.name],
    planeFlags: { ...planeFlags, quota: MANY },
    flags: {
      'tenant-quota': MANY,
      'requests-per-second': MANY,
      burst: MANY,
      'sweep-interval': '24h',
    },
  })
  const ground = await prepareGround(stack, guest.name)
  grounds.push(ground)
  await allow(stack.cluster, `rai-operator-${stack.namespace}`, 'secrets')
  await ground.restart({
    'allow-adoption': `${stack.namespace}=${ADOPTED}`,
    'watch-secrets': String(watchesSecrets),
  })
  const side = { variant, ground, watchesSecrets }
  const run = (row: Row) => row.holds(new Lab(ground, row.name), side)
  const all = ROWS.map((row) => keep(side, row, run(row)))
  void keep(
    side,
    SWEEP_ROW,
    Promise.allSettled(all).then(() => run(SWEEP_ROW)),
  )
}

function keep({ variant }: Side, { rule }: Row, outcome: Promise<void>): Promise<void> {
  outcome.catch(() => {})
  outcomes.set(`${variant}: ${rule}`, outcome)
  return outcome
}

test.before(async () => {
  await Promise.all(VARIANTS.map((variant, index) => start(variant, index > 0)))
})

test.after(async () => {
  await Promise.allSettled(outcomes.values())
  for (const ground of grounds) await releaseGround(ground)
})

test('each row has a name of its own', () => {
  assert.is(new Set(ROWS.map(({ name }) => name)).size, ROWS.length)
})

for (const [variant] of VARIANTS) {
  for (const { rule } of [...ROWS, SWEEP_ROW]) {
    test(`${variant}: ${rule}`, async () => {
      await outcomes.get(`${variant}: ${rule}`)
    })
  }
}

test.run()
