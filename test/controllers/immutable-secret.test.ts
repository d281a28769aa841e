// Secrets that somebody made immutable: made anew when their data has to change, and their credential never lost on the way.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ROTATE, withApplication } from './rotating.ts'
import { away, HOUR_MS } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

const test = suite('immutable Secrets')

/** An application at rest whose Secret a person has sealed. */
async function withSealed(mode: Mode = 'EC') {
  const application = await withApplication({}, mode)
  await application.clock.advance(HOUR_MS)
  const { held, writes } = application.secrets
  held.set('team/web', { ...held.get('team/web')!, resourceVersion: 'sealed', immutable: true })
  await application.sweepSecrets()
  await application.look()
  const before = writes.length
  return { ...application, written: () => writes.slice(before), uid: () => held.get('team/web')?.uid }
}

test('nothing is written to one that holds what it should', async () => {
  const { reason, written, uid, status } = await withSealed()
  assert.equal([reason(), written(), status().secret?.resourceVersion], ['Ready', [], 'sealed'])
  assert.is(status().secret?.uid, uid())
})

test('labels change on it as it is', async () => {
  const { change, look, written, secret, posts } = await withSealed()
  change({ secret: { labels: { team: 'a' } } })
  await look()
  assert.equal([written(), posts()], [['replace team/web'], 1])
  assert.equal([secret()!.labels['team'], secret()!.immutable], ['a', true])
})

for (const mode of ['EC', 'ClientSecret'] as const) {
  test(`other keys: with ${mode} the same credential stands in another Secret of its name, by way of a journal`, async () => {
    const { change, look, written, secret, posts, reason, states, uid, status } = await withSealed(mode)
    const former = uid()
    change({ secret: { keys: { client_id: 'USER' } } })
    await look()
    assert.equal(written(), ['delete team/web', 'create team/web'])
    assert.equal([reason(), posts(), secret()!.data['USER']?.reveal()], ['Ready', 1, status().clientId])
    assert.not(uid() === former)
    assert.equal(states(), ['bound', 'bound'])
  })

  test(`a crash between the two loses nothing with ${mode}: whoever comes next writes it from the journal`, async () => {
    const { change, secrets, application, start, applicationReason, status, secret, first, posts } =
      await withSealed(mode)
    const { create } = secrets
    secrets.create = async () => {
      throw away
    }
    change({ secret: { keys: { client_id: 'USER' } } })
    const crashed = start()
    assert.equal(await crashed.lookAtApplication(application), { code: 'KubeUnavailable', disposition: 'retry' })
    assert.is(secret(), undefined)

    secrets.create = create
    const next = start({ holder: 'two' })
    await next.lookAtApplication(application)
    assert.equal([applicationReason(application), posts(), status().applicationId], ['Ready', 1, first])
    assert.equal([secret()!.data['USER']?.reveal(), status().provenance], [status().clientId, 'Created'])
  })
}

test('a rotation takes its place, with the credential before in nobody’s way', async () => {
  const { annotate, look, written, reason, posts, credentials, first, status } = await withSealed()
  annotate({ [ROTATE]: '1' })
  await look()
  assert.equal(written(), ['delete team/web', 'create team/web'])
  assert.equal([reason(), posts()], ['Ready', 2])
  assert.equal(credentials(), [`${first} Retiring`, `${status().applicationId} Active`])
})

test('what the API server would refuse is found out before anything is made or removed', async () => {
  const { annotate, look, secrets, written, posts, reason } = await withSealed()
  const { create } = secrets
  secrets.create = async (...args) => {
    if (args[1].dryRun) throw away
    return create.apply(secrets, args)
  }
  annotate({ [ROTATE]: '1' })
  await look()
  assert.equal([written(), posts(), reason()], [[], 1, 'Ready'])
})

test.run()
