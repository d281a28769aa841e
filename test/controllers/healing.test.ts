// Secrets that lost their credential, and Secrets that are to have another name, whatever crashes in between.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ObservedSecret } from '../../src/domain/secret.ts'
import type { CreateFault } from '../doubles/memory-control-plane.ts'
import type { MemoryApplications } from '../doubles/memory-cluster.ts'
import { messageOf } from './harness.ts'
import { ROTATE, withApplication } from './rotating.ts'
import { away, down, HOUR_MS, lost, MINUTE_MS, vain } from './scenarios.ts'

const test = suite('healing and moving')

const READ = ['documents.submissions.read' as const]

/** An application of an hour ago whose Secret somebody looks at again, since its labels are to be others. */
async function withOldApplication(parts: Parameters<typeof withApplication>[0] = {}) {
  const application = await withApplication(parts)
  await application.clock.advance(HOUR_MS)
  let labels = 0
  return { ...application, touch: () => application.change({ secret: { labels: { n: `${++labels}` } } }) }
}

const losses: [title: string, lose: (secrets: Map<string, ObservedSecret>) => void][] = [
  ['is gone', (secrets) => void secrets.delete('team/web')],
  ['is empty', (secrets) => void secrets.set('team/web', { ...secrets.get('team/web')!, data: {} })],
  [
    'lacks a part of its credential',
    (secrets) => {
      const { kid: _, ...data } = secrets.get('team/web')!.data
      secrets.set('team/web', { ...secrets.get('team/web')!, data })
    },
  ],
]

for (const [title, lose] of losses) {
  test(`a Secret that ${title} gets another application, and the one before retires`, async () => {
    const { secrets, touch, look, reason, first, credentials, status, written, metrics } = await withOldApplication()
    lose(secrets.held)
    touch()
    await look()
    assert.is(reason(), 'Ready')
    assert.equal(credentials(), [`${first} Retiring`, `${status().applicationId} Active`])
    assert.is(written(), status().applicationId)
    assert.equal(metrics.counted.slice(-1), ['rotated success'])
  })
}

test('labels that somebody took off are put on again, without another application', async () => {
  const { secrets, touch, look, secret, posts } = await withOldApplication()
  secrets.held.set('team/web', { ...secret()!, labels: {} })
  touch()
  await look()
  assert.equal([secret()!.labels['n'], posts()], ['1', 1])
})

test('a credential that is lost within ten minutes of its making waits: SecretMissing, and not Ready', async () => {
  const { secrets, change, look, clock, reason, isReady, posts } = await withApplication()
  secrets.held.delete('team/web')
  change({ overlap: '6m' })
  await clock.advance(10 * MINUTE_MS - 1)
  assert.equal(await look(), { afterMs: 30_000 })
  assert.equal([reason(), isReady(), posts()], ['SecretMissing', 'False', 1])
  await clock.advance(1)
  await look()
  assert.equal([reason(), posts()], ['Ready', 2])

  secrets.held.delete('team/web')
  change({ overlap: '7m' })
  await look()
  assert.equal([reason(), posts()], ['SecretMissing', 2])
})

test('a copy that is put back in time is used, and nothing is made', async () => {
  const { secrets, change, look, reason, secret, posts } = await withApplication()
  const copy = secret()!
  secrets.held.delete('team/web')
  change({ overlap: '6m' })
  await look()
  secrets.held.set('team/web', copy)
  await look()
  assert.equal([reason(), posts()], ['Ready', 1])
})

test('with three applications a lost credential waits for a retirement, and comes back without anybody', async () => {
  const application = await withOldApplication({ spec: { overlap: '1h' } })
  const { annotate, touch, look, clock, secrets, reason, isReady, posts, ids, now } = application
  for (const value of ['one', 'two']) {
    annotate({ [ROTATE]: value })
    await look()
  }
  await clock.advance(20 * MINUTE_MS)
  secrets.held.delete('team/web')
  touch()
  assert.equal(await look(), { afterMs: 5 * MINUTE_MS })
  assert.equal([reason(), isReady(), posts()], ['SecretMissing', 'False', 3])
  assert.match(messageOf(now()), 'as soon as a replaced one has retired')
  await clock.advance(40 * MINUTE_MS)
  for (let looks = 0; looks < 5; looks++) {
    await look()
    assert.ok(ids().length <= 3)
  }
  assert.equal([reason(), posts()], ['Ready', 4])
})

test('a rotation that finds no Secret, with three applications, does not say Ready', async () => {
  const application = await withOldApplication()
  const { annotate, look, clock, secrets, reason, isReady } = application
  for (const value of ['one', 'two']) {
    annotate({ [ROTATE]: value })
    await look()
  }
  await clock.advance(HOUR_MS)
  secrets.held.delete('team/web')
  annotate({ [ROTATE]: 'three' })
  await look()
  assert.equal([reason(), isReady()], ['SecretMissing', 'False'])
})

const obstacles: [title: string, fault: CreateFault, reason: string][] = [
  ['is refused', { outcome: 'rejected', failure: down }, 'ControlPlaneUnavailable'],
  ['has lost its answer', lost, 'AmbiguousCreate'],
]

for (const [title, createFault, told] of obstacles) {
  test(`a lost credential is not Ready while the create of another one ${title}, at the same generation, too`, async () => {
    const { annotate, look, plane, secrets, reason, isReady } = await withOldApplication()
    secrets.held.delete('team/web')
    annotate({ [ROTATE]: 'one' })
    plane.createFault = createFault
    await look()
    assert.equal([reason(), isReady()], [told, 'False'])
    await look()
    assert.is(reason(), 'Ready')
  })
}

test('while the answer to a rotation is looked for, Ready speaks of what stands in the Secret', async () => {
  const { annotate, look, plane, secrets, secret, reason, isReady } = await withOldApplication()
  annotate({ [ROTATE]: 'one' })
  plane.createFault = vain
  await look()
  await look()
  assert.equal([reason(), isReady()], ['AmbiguousCreate', 'True'])
  secrets.held.set('team/web', { ...secret()!, data: {} })
  await look()
  assert.equal([reason(), isReady()], ['AmbiguousCreate', 'False'])
})

test('a Secret of another name holds the same credential, then the old one goes, then the status says so', async () => {
  const { change, look, reason, first, status, secrets, written, secret, posts } = await withApplication()
  const writes = secrets.writes.length
  change({ secret: { name: 'elsewhere' } })
  assert.is(await look(), 'done')
  assert.equal(secrets.writes.slice(writes), ['create team/elsewhere', 'delete team/web'])
  assert.equal([reason(), status().applicationId, written('elsewhere'), posts()], ['Ready', first, first, 1])
  assert.equal([status().secret?.name, secret()], ['elsewhere', undefined])
})

const crashes: [title: string, crash: (application: Awaited<ReturnType<typeof withApplication>>) => () => void][] = [
  [
    'before the new one is written',
    ({ secrets }) => {
      secrets.refusal = (dryRun) => (dryRun ? undefined : away)
      return () => void (secrets.refusal = () => undefined)
    },
  ],
  [
    'between the two',
    ({ secrets }) => {
      const remove = secrets.delete.bind(secrets)
      secrets.delete = async () => {
        throw away
      }
      return () => void (secrets.delete = remove)
    },
  ],
  ['before it is announced', ({ applications }) => refuseStatus(applications, 1)],
  ['before the status says so', ({ applications }) => refuseStatus(applications, 2)],
]

/** From the `nth` write of a status on; the way back. */
function refuseStatus(applications: MemoryApplications, nth: number): () => void {
  let writes = 0
  applications.beforeWrite = (verb) => {
    if (verb === 'patchStatus' && ++writes >= nth) throw away
  }
  return () => void (applications.beforeWrite = () => {})
}

for (const [title, crash] of crashes) {
  for (const spec of [{}, { scopes: READ }]) {
    const also = 'scopes' in spec ? ', with other scopes,' : ''
    test(`a move${also} that crashes ${title} is finished by the next process, with nothing left`, async () => {
      const application = await withApplication()
      const { change, look, start, status, secrets, first, written, posts } = application
      change({ secret: { name: 'elsewhere' }, ...spec })
      const mend = crash(application)
      assert.equal(await look(), { code: 'KubeUnavailable', disposition: 'retry' })
      assert.is(status().secret?.name, 'web')
      mend()
      const other = start({ holder: 'two' })
      for (let looks = 0; looks < 3; looks++) await other.lookAtApplication(application.application)
      assert.equal([...secrets.held.keys()], ['team/elsewhere'])
      assert.equal([application.reason(), written('elsewhere')], ['Ready', status().applicationId])
      assert.is(posts(), also ? 2 : 1)
      assert.is(status().applicationId === first, !also)
      assert.is(status().secret?.otherNames, undefined)
    })
  }

  for (const name of ['web', 'third']) {
    test(`a move that crashes ${title} and is then to go to ${name} leaves no copy anywhere`, async () => {
      const application = await withApplication()
      const { change, look, start, status, secrets, first, written, posts } = application
      change({ secret: { name: 'elsewhere' } })
      const mend = crash(application)
      await look()
      mend()
      change({ secret: { name } })
      await start({ holder: 'two' }).lookAtApplication(application.application)
      assert.equal([...secrets.held.keys()], [`team/${name}`])
      assert.equal([application.reason(), written(name), posts()], ['Ready', first, 1])
      assert.equal([status().secret?.name, status().secret?.otherNames], [name, undefined])
    })
  }
}

test('what was removed midway is forgotten, also while nothing can be proven', async () => {
  const application = await withApplication()
  const { change, look, applications, status, secrets, plane } = application
  change({ secret: { name: 'elsewhere' } })
  const mend = refuseStatus(applications, 2)
  await look()
  mend()
  change({ secret: { name: 'web' } })
  plane.proofFailure = down
  await look()
  assert.equal([...secrets.held.keys()], ['team/web'])
  assert.is(status().secret?.otherNames, undefined)
})

test('a change of name and of scopes in one is carried out, both', async () => {
  const { change, look, reason, status, first, plane, tenantId, secrets } = await withApplication()
  change({ secret: { name: 'elsewhere' }, scopes: READ })
  assert.equal(await look(), { afterMs: 0 })
  assert.is(reason(), 'Provisioning')
  await look()
  assert.is(reason(), 'Ready')
  assert.is.not(status().applicationId, first)
  assert.equal(plane.applicationsHeld.get(tenantId)![1]!.scopes, READ)
  assert.equal([...secrets.held.keys()], ['team/elsewhere'])
})

test('a move of a Secret that lost its credential heals under the new name, and leaves none under the old', async () => {
  const { change, look, reason, status, secrets, secret, written, posts } = await withOldApplication()
  secrets.held.set('team/web', { ...secret()!, data: {} })
  change({ secret: { name: 'elsewhere' } })
  await look()
  assert.equal([reason(), written('elsewhere'), posts()], ['Ready', status().applicationId, 2])
  assert.equal([...secrets.held.keys()], ['team/elsewhere'])
})

test('an own Secret without the credential, where the new one is to be, does not hide the old one', async () => {
  const { change, look, secrets, secret, first, written, posts } = await withOldApplication()
  const stale = { ...secret()!, name: 'elsewhere', uid: 'stale', data: {} }
  secrets.held.set('team/elsewhere', stale)
  change({ secret: { name: 'elsewhere' } })
  await look()
  assert.equal([written('elsewhere'), posts()], [first, 1])
})

const strangers: [title: string, parts: Partial<ObservedSecret>][] = [
  ['somebody else’s', { controller: undefined, annotations: {} }],
  ['another owner’s', { controller: { apiVersion: 'v1', kind: 'Pod', name: 'x', uid: 'x' } }],
  ['what a former resource of this name retained', { controller: undefined, data: {} }],
]

for (const [title, parts] of strangers) {
  test(`a move to a name where ${title} Secret stands changes nothing`, async () => {
    const { change, look, reason, secrets, secret, first, written, posts } = await withOldApplication()
    const theirs = { ...secret()!, name: 'elsewhere', uid: 'theirs', ...parts }
    secrets.held.set('team/elsewhere', theirs)
    change({ secret: { name: 'elsewhere' } })
    assert.equal(await look(), { afterMs: 30_000 })
    assert.equal([reason(), written(), posts()], ['SecretConflict', first, 1])
    assert.is(secret('elsewhere'), theirs)
  })
}

test('an old Secret that is somebody else’s by now is left', async () => {
  const { change, look, clock, reason, secrets, secret } = await withOldApplication()
  const theirs = { ...secret()!, controller: undefined, annotations: {} }
  secrets.held.set('team/web', theirs)
  change({ secret: { name: 'elsewhere' } })
  await look()
  await clock.advance(MINUTE_MS)
  assert.is(reason(), 'Ready')
  assert.is(secret(), theirs)
})

test('Retain keeps the Secret of a move that nobody has told of yet', async () => {
  const { applications, change, look, now, application, applicationNow, secrets, secret, plane } =
    await withApplication({ spec: { deletionPolicy: 'Retain' } })
  change({ secret: { name: 'elsewhere' } })
  const mend = refuseStatus(applications, 2)
  await look()
  mend()
  await applications.delete(now())
  await look()
  assert.is(applicationNow(application), undefined)
  assert.equal([...secrets.held.keys()], ['team/elsewhere'])
  assert.is(secret('elsewhere')!.controller, undefined)
  assert.is(plane.count('deleteTenantApplication'), 0)
})

test.run()
