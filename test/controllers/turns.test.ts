// One create at a time in each tenant, where nothing can be proven; who waits is woken.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Turns } from '../../src/controllers/turns.ts'
import { applicationOf } from '../doubles/resources.ts'
import { withTenant } from './harness.ts'
import { down, lost } from './scenarios.ts'

const test = suite('turns')

function begin() {
  const woken: string[] = []
  return { woken, turns: new Turns((key) => woken.push(key)) }
}

test('who is first acts, the others wait and are woken once, in the order in which they came', async () => {
  const { turns, woken } = begin()
  const end = Promise.withResolvers<string>()
  const first = turns.take('t-1', 'a', () => end.promise)
  for (const key of ['b', 'c', 'b']) assert.is(await turns.take('t-1', key, async () => 'acted'), 'busy')
  assert.equal(woken, [])
  end.resolve('acted')
  assert.is(await first, 'acted')
  assert.equal(woken, ['b', 'c'])
  assert.is(await turns.take('t-1', 'b', async () => 'acted'), 'acted')
})

test('a turn that was begun is kept until it ends, by whatever it was begun for', async () => {
  const { turns, woken } = begin()
  assert.ok(turns.begin('t-1', 'a'))
  assert.not(turns.begin('t-1', 'b'))
  turns.end('t-1', 'b')
  assert.equal(woken, [])
  assert.is(await turns.take('t-1', 'a', async () => 'acted'), 'acted')
  assert.equal(woken, ['b'])
  assert.ok(turns.begin('t-1', 'b'))
  // Its turn has ended with what it did, and the next one's has begun.
  turns.end('t-1', 'a')
  assert.not(turns.begin('t-1', 'c'))
})

test('tenants do not wait for each other', async () => {
  const { turns } = begin()
  void turns.take('t-1', 'a', () => new Promise(() => {}))
  assert.is(await turns.take('t-2', 'b', async () => 'acted'), 'acted')
})

test('who fails lets go', async () => {
  const { turns, woken } = begin()
  const first = turns.take('t-1', 'a', () => Promise.reject(down))
  assert.is(await turns.take('t-1', 'b', async () => 'acted'), 'busy')
  assert.is(await first.catch((error: unknown) => error), down)
  assert.equal(woken, ['b'])
  assert.is(await turns.take('t-1', 'b', async () => 'acted'), 'acted')
})

for (const mode of ['ClientSecret', 'EC'] as const) {
  test(`${mode}: two applications within a minute share one list of the tenant`, async () => {
    const { applications, lookAtApplication, plane, woken, applicationReason } = withTenant()
    const both = ['a', 'b'].map((name) =>
      applications.apply(applicationOf({ metadata: { name }, spec: { auth: { type: mode } } })),
    )
    await Promise.all(both.map((application) => lookAtApplication(application)))
    assert.equal(woken, mode === 'ClientSecret' ? ['team/b'] : [])
    for (const application of both) await lookAtApplication(application)
    assert.equal(both.map(applicationReason), ['Ready', 'Ready'])
    assert.is(plane.count('getTenantApplications'), 1)
  })
}

test('ClientSecret: who has to wait for a turn reads nothing', async () => {
  const { applications, lookAtApplication, woken } = withTenant()
  const spec = { auth: { type: 'ClientSecret' } } as const
  const read = applications.read.bind(applications)
  const reads = new Set<string>()
  applications.read = (resource, signal) => {
    reads.add(resource.metadata.name)
    return read(resource, signal)
  }
  const all = ['a', 'b', 'c'].map((name) => applications.apply(applicationOf({ metadata: { name }, spec })))
  await Promise.all(all.map((application) => lookAtApplication(application)))
  assert.equal([[...reads], woken], [['a'], ['team/b', 'team/c']])
})

test('ClientSecret: a look that comes to no create lets the next one have its turn', async () => {
  const { applications, lookAtApplication, secrets, applicationReason } = withTenant()
  const spec = { auth: { type: 'ClientSecret' } } as const
  const [first, next] = ['a', 'b'].map((name) => applications.apply(applicationOf({ metadata: { name }, spec })))
  secrets.refusal = () => down
  await lookAtApplication(first!).catch(() => undefined)
  secrets.refusal = () => undefined
  assert.is(await lookAtApplication(next!), 'done')
  assert.is(applicationReason(next!), 'Ready')
})

test('ClientSecret: a lost answer does not keep the next from its turn', async () => {
  const { applications, lookAtApplication, plane, applicationReason } = withTenant()
  const spec = { auth: { type: 'ClientSecret' } } as const
  plane.createFault = lost
  await lookAtApplication(applications.apply(applicationOf({ metadata: { name: 'a' }, spec })))
  const next = applications.apply(applicationOf({ metadata: { name: 'b' }, spec }))
  assert.is(await lookAtApplication(next), 'done')
  assert.is(applicationReason(next), 'Ready')
})

test.run()
