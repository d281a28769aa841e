// A Secret that somebody changes is compared, in whatever order its change and the status that names it are heard of.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import { secretDrift } from '../../src/controllers/secret-drift.ts'
import type { SecretVersion } from '../../src/domain/secret.ts'
import { applicationOf } from '../doubles/resources.ts'

const test = suite('secret drift')
const KEY = 'team/web'

const naming = (resourceVersion: string) =>
  applicationOf({ status: { secret: { name: 'web', uid: 's-1', resourceVersion } } })
const version = (resourceVersion: string, uid = 's-1'): SecretVersion => ({ uid, resourceVersion })
const unnamed = applicationOf()

function begin(held: RaiTenantApplication | undefined, isPassed = false) {
  const changed: string[] = []
  const asked: string[] = []
  const drift = secretDrift({
    view: { get: () => held },
    hasPassed({ namespace, name }, resourceVersion) {
      asked.push(`${namespace}/${name} ${resourceVersion}`)
      return isPassed
    },
    changed: (key) => changed.push(key),
  })
  return { drift, changed, asked }
}

const SECRETS: [string, RaiTenantApplication | undefined, SecretVersion | undefined, boolean][] = [
  ['as it was written', naming('7'), version('7'), false],
  ['of another version', naming('7'), version('8'), true],
  ['another one of its name', naming('7'), version('7', 's-2'), true],
  ['gone', naming('7'), undefined, true],
  ['written, and not named yet', unnamed, version('7'), false],
  ['of no application', undefined, version('7'), false],
]
for (const [what, held, seen, isCompared] of SECRETS) {
  test(`a Secret that is ${what} is ${isCompared ? '' : 'not '}compared`, () => {
    const { drift, changed } = begin(held)
    drift.secretChanged(KEY, seen)
    assert.equal(changed, isCompared ? [KEY] : [])
  })
}

test('what was changed or removed before the status named it is compared when the status does', () => {
  const { drift, changed, asked } = begin(naming('7'), true)
  drift.applicationChanged(KEY, unnamed, naming('7'))
  drift.applicationChanged(KEY, naming('6'), naming('7'))
  assert.equal(
    [changed, asked],
    [
      [KEY, KEY],
      ['team/web 7', 'team/web 7'],
    ],
  )
})

test('what stands there as the status says is not compared', () => {
  const { drift, changed } = begin(naming('7'), false)
  drift.applicationChanged(KEY, unnamed, naming('7'))
  assert.equal(changed, [])
})

test('no look is taken at what the status does not name anew, and none at a start: then all are compared', () => {
  const { drift, asked } = begin(naming('7'), true)
  drift.applicationChanged(KEY, naming('7'), naming('7'))
  drift.applicationChanged(KEY, undefined, naming('7'))
  drift.applicationChanged(KEY, naming('7'), undefined)
  drift.applicationChanged(KEY, naming('7'), unnamed)
  assert.equal(asked, [])
})

test.run()
