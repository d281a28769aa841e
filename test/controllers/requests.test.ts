// Requests that are refused or have to wait: told, and in nobody's way.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { RECORD_LABELS } from '../../src/api/names.ts'
import type { RaiTenant } from '../../src/api/types.ts'
import { withFields } from '../domain/attempts.ts'
import { applicationOf, boundTenant } from '../doubles/resources.ts'
import { makeHarness, messageOf } from './harness.ts'
import { ROTATE, withApplication } from './rotating.ts'
import { DAY_MS, HOUR_MS, vain } from './scenarios.ts'
import { withSuspect } from './suspecting.ts'

const test = suite('refused requests')

const CONFIRM = 'tenants.resistant.ai/confirm'
const DISCARD = 'tenants.resistant.ai/discard-suspect'
const monthly = { rotation: { every: '720h' }, overlap: '1h' }

type Bound = Awaited<ReturnType<typeof withApplication>>

/** Status in one line: Ready, Synced and why. */
function told({ status }: { readonly status: () => Pick<RaiTenant['status'], 'conditions'> }): string {
  const find = (type: string) => status().conditions!.find((condition) => condition.type === type)
  return `Ready=${find('Ready')?.status} Synced=${find('Synced')?.status} ${find('Synced')?.reason}`
}

const REFUSED = 'Ready=True Synced=False InvalidSpec'

const refused: [title: string, ask: (bound: Bound) => void][] = [
  [
    'to confirm a wrong id',
    ({ applications, annotate, now }) => {
      applications.apply({ ...now(), status: { ...now().status, provenance: 'Relinked' } })
      annotate({ [CONFIRM]: 'wrong' })
    },
  ],
  ['to discard what is no suspect', ({ annotate }) => annotate({ [DISCARD]: 'wrong' })],
]

for (const [title, ask] of refused) {
  test(`a request ${title} is told, and rotations go on when they are due`, async () => {
    const bound = await withApplication({ spec: monthly })
    const { look, clock, posts, status } = bound
    const dueMs = Date.parse(status().nextRotationAt!) - clock.now()
    ask(bound)
    assert.equal(await look(), { afterMs: dueMs })
    assert.equal([told(bound), posts()], [REFUSED, 1])
    await clock.advance(dueMs)
    await look()
    assert.is(posts(), 2)
  })

  test(`a request ${title} does not keep a spec from being followed, nor its new generation from being Ready`, async () => {
    const bound = await withApplication()
    const { change, look, now, secret } = bound
    ask(bound)
    change({ secret: { labels: { team: 'a' } } })
    await look()
    assert.equal([told(bound), secret()!.labels['team']], [REFUSED, 'a'])
    assert.is(now().status.observedGeneration, now().metadata.generation)
    assert.ok(now().status.conditions!.every(({ observedGeneration }) => observedGeneration === 2))
  })

  test(`a request ${title} does not keep a replaced credential from retiring on time`, async () => {
    const bound = await withApplication({ spec: { overlap: '1h' } })
    const { annotate, look, clock, ids } = bound
    annotate({ [ROTATE]: 'one' })
    await look()
    ask(bound)
    assert.equal(await look(), { afterMs: HOUR_MS })
    await clock.advance(HOUR_MS)
    await look()
    assert.is(ids().length, 1)
    await look()
    assert.is(told(bound), REFUSED)
  })

  test(`a request ${title} is forgotten once it is taken off`, async () => {
    const bound = await withApplication()
    const { applications, annotate, look, now } = bound
    ask(bound)
    await look()
    assert.match(messageOf(now()), 'correct or remove it')
    applications.apply({ ...now(), status: { ...now().status, provenance: 'Created' } })
    annotate({})
    await look()
    assert.is(told(bound), 'Ready=True Synced=True Ready')
  })
}

test('what is worse than a refused request is told before it', async () => {
  const bound = await withApplication()
  const { annotate, secrets, look } = bound
  const conflicting = { ...secrets.held.get('team/web')!, controller: undefined, annotations: {} }
  secrets.held.set('team/web', conflicting)
  bound.change({ secret: { labels: { team: 'a' } } })
  annotate({ [DISCARD]: 'wrong' })
  await look()
  assert.is(told(bound), 'Ready=False Synced=False SecretConflict')
})

test('a request that waits for another resource’s attempt keeps nothing from rotating', async () => {
  const attempt = await withSuspect({ spec: { auth: { type: 'ClientSecret' }, ...monthly } })
  const { look, suspect, applications, application, applicationNow, lookAtApplication, plane, clock, status } = attempt
  await look()
  plane.createFault = vain
  const other = applications.apply(
    applicationOf({ metadata: { name: 'other' }, spec: { auth: { type: 'ClientSecret' } } }),
  )
  await lookAtApplication(other)
  const first = status().applicationId
  const { metadata } = applicationNow(application)!
  const annotations = { [DISCARD]: suspect, [ROTATE]: 'one' }
  applications.apply({ ...applicationNow(application)!, metadata: { ...metadata, annotations } })
  assert.equal(await look(), { afterMs: 10_000 })
  assert.is.not(status().applicationId, first)
  assert.ok(attempt.ids().includes(suspect), 'not discarded yet')
  assert.ok(Date.parse(status().nextRotationAt!) > clock.now() + 20 * DAY_MS)
})

test('a request that a journal nobody can read holds up is told, and keeps nothing from rotating', async () => {
  const attempt = await withSuspect()
  const { look, records, journal, suspect, applications, application, applicationNow, status } = attempt
  await look()
  const stored = records.held.get(journal())!
  const labels = { ...stored.labels, [RECORD_LABELS.subject]: 'another' }
  records.put({ ...withFields({ ...stored, labels }, { readableBy: 9 }), name: 'journal-another-1' })
  const first = status().applicationId
  const { metadata } = applicationNow(application)!
  const annotations = { [DISCARD]: suspect, [ROTATE]: 'one' }
  applications.apply({ ...applicationNow(application)!, metadata: { ...metadata, annotations } })
  await look()
  assert.is.not(status().applicationId, first)
  assert.equal([told(attempt), attempt.ids().includes(suspect)], ['Ready=True Synced=False AmbiguousCreate', true])
})

test('a tenant whose confirmation is refused is Ready at its new generation all the same', async () => {
  const { tenants, lookAtTenant, plane } = makeHarness()
  const { id } = plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  const parts = { metadata: { generation: 2, annotations: { [CONFIRM]: 'wrong' } } }
  const tenant = tenants.apply(boundTenant(id, { ...parts, status: { provenance: 'Relinked' } }))
  assert.is(await lookAtTenant(tenant), 'done')
  assert.is(told({ status: () => tenants.get('team/acme')!.status }), REFUSED)
})

test.run()
