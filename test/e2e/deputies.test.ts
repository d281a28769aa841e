// Confused deputies: a user who may write our resources and Secrets in his own namespace has the operator do to others what he
// may not do himself. Each attack is refused with a clear reason, and nothing of anybody else's changes, in the cluster or outside.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { application, eventually } from '../stack/stack.ts'
import { isRefused } from './deputies/attack.ts'
import type { Attack } from './deputies/attack.ts'
import { MINE, prepareScene, releaseScene } from './deputies/scene.ts'
import type { Scene } from './deputies/scene.ts'
import { SECRET_ATTACKS } from './deputies/secret-attacks.ts'
import { STANDING_ATTACKS } from './deputies/standing-attacks.ts'
import { STATUS_ATTACKS } from './deputies/status-attacks.ts'
import { VALUE_ATTACKS } from './deputies/value-attacks.ts'

const test = suite('deputies')
const ATTACKS: readonly Attack[] = [...SECRET_ATTACKS, ...STANDING_ATTACKS, ...STATUS_ATTACKS, ...VALUE_ATTACKS]

/** Side by side: each looks at all that is others', and mostly waits. */
const AT_ONCE = 12

let scene: Scene
/** How each went: the error, where it was not refused. */
const outcomes = new Map<Attack, Error | undefined>()

/** First those of which nothing at all may come outside, then those that may change what is the attacker's own. */
test.before(async () => {
  scene = await prepareScene()
  for (const changesOwn of [false, true]) {
    const rows = ATTACKS.filter((row) => (row.changesOwn ?? false) === changesOwn).values()
    const worker = async () => {
      for (const row of rows) {
        outcomes.set(
          row,
          await isRefused(scene, row).then(
            () => undefined,
            (error: Error) => error,
          ),
        )
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))
  }
})

test.after(async () => {
  await releaseScene(scene)
})

test('each attack has a name and a title of its own', () => {
  for (const what of ['name', 'title'] as const) {
    const all = ATTACKS.map((row) => row[what])
    const repeated = all.filter((one, index) => all.indexOf(one) !== index)
    assert.equal(repeated, [])
  }
})

for (const row of ATTACKS) {
  test(row.title, () => {
    const error = outcomes.get(row)
    if (error) throw error
    assert.ok(outcomes.has(row))
  })
}

const UNDER_WAY: readonly (readonly [what: string, fault: object])[] = [
  ['answered late', { kind: 'delay', when: 'after', seconds: 3 }],
  ['never answered', { kind: 'close', when: 'after' }],
]

for (const [index, [what, fault]] of UNDER_WAY.entries()) {
  test(`a namespace that goes while a create is ${what} leaves nothing outside`, async () => {
    const { stack, leaving } = scene
    const { controlPlane } = stack
    const { name: namespace, remove } = leaving[index]!
    const standing = async () => (await controlPlane.state()).applications.map(({ id }) => id)
    const posts = async () => (await controlPlane.calls('createTenantApplication')).length
    const [before, asked] = [await standing(), await posts()]
    await controlPlane.disturb({ op: 'createTenantApplication', tenant: MINE, ...fault })
    const resource = application('leaving', MINE, { tenantRef: { name: MINE, namespace: stack.namespace } })
    await stack.kubectl(['-n', namespace, 'apply', '-f', '-'], JSON.stringify(resource))
    await eventually('the create is under way', async () => (await posts()) > asked)
    await remove(100_000)
    const left = (await standing()).filter((id) => !before.includes(id))
    assert.equal(left, [])
    assert.ok((await posts()) > asked)
  })
}

test.run()
