// Answers that are cut, wrong, too long or lead elsewhere, over real sockets.
import { get } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { newEcKey } from '../conformance/applications.ts'
import type { AnyDocument } from '../conformance/client.ts'
import type { Started } from './started.ts'
import { fails, started, tenantNames } from './started.ts'

const answers = suite<{ sim: Started }>('simulator: faults in answers')

answers.before.each(async (context) => {
  context.sim = await started()
})
answers.after.each(({ sim }) => sim.simulator.close())

const create = (sim: Started, name = 'a') => sim.call('POST', '/tenants', { name })

/** What comes of a GET until it is cut: `undefined` for a status that never came. */
async function cutOff(sim: Started, path: string) {
  const headers = { Authorization: `Bearer ${await sim.token()}` }
  return new Promise<{ status: number | undefined; announced: number; text: string }>((resolve) => {
    let text = ''
    const request = get(sim.simulator.url + path, { headers }, (response) => {
      const end = () =>
        resolve({ status: response.statusCode, announced: Number(response.headers['content-length']), text })
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('error', end)
    })
    request.on('error', () => resolve({ status: undefined, announced: 0, text }))
  })
}

answers('a cut answer has its headers and half of its body', async ({ sim }) => {
  await create(sim)
  const whole = (await sim.call('GET', '/tenants')).text
  sim.simulator.faults.add({ kind: 'cut', op: 'getTenants' })
  const half = whole.slice(0, Math.floor(whole.length / 2))
  assert.equal(await cutOff(sim, '/tenants'), { status: 200, announced: whole.length, text: half })
})

answers('a cut answer has as many bytes as was asked for, but never all', async ({ sim }) => {
  const whole = (await sim.call('GET', '/tenants')).text
  for (const [bytes, text] of [
    [0, ''],
    [3, whole.slice(0, 3)],
    [10_000, whole.slice(0, -1)],
  ] as const) {
    sim.simulator.faults.add({ kind: 'cut', op: 'getTenants', bytes })
    assert.equal(await cutOff(sim, '/tenants'), { status: 200, announced: whole.length, text })
  }
})

answers('an answer without a body is cut within its headers', async ({ sim }) => {
  const { id } = await sim.newTenant('a')
  sim.simulator.faults.add({ kind: 'cut' })
  assert.ok(await fails(sim.call('DELETE', `/tenants/${id}`)))
  assert.equal(tenantNames(sim), [])
})

answers('a cut happens after the effect unless it is to be before', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'cut', when: 'before' })
  assert.ok(await fails(create(sim)))
  assert.equal(tenantNames(sim), [])
  sim.simulator.faults.add({ kind: 'cut' })
  assert.ok(await fails(create(sim)))
  assert.equal(tenantNames(sim), ['a'])
  assert.is(sim.simulator.log.entries().at(-1)?.status, 0)
})

answers('a reset connection has no answer', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'close', reset: true, when: 'after' })
  assert.ok(await fails(create(sim)))
  assert.equal(tenantNames(sim), ['a'])
})

answers('a redirect leads where it is told to, without an effect', async ({ sim }) => {
  for (const [given, status] of [
    [{}, 307],
    [{ status: 301 }, 301],
    [{ status: 308 }, 308],
  ] as const) {
    sim.simulator.faults.add({ kind: 'redirect', location: 'https://elsewhere.example/x', ...given })
    const reply = await create(sim)
    assert.equal([reply.status, reply.headers.get('location')], [status, 'https://elsewhere.example/x'])
  }
  assert.equal(tenantNames(sim), [])
})

answers('an oversized answer is the right one with white space up to the size', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'oversized' })
  const reply = await create(sim)
  assert.equal([reply.status, reply.text.length, reply.document.name], [201, 1_048_577, 'a'])
  sim.simulator.faults.add({ kind: 'oversized', bytes: 5000 })
  assert.is((await sim.call('GET', '/tenants')).text.length, 5000)
})

/** A kind of `invalid`, and whether an answer to a create of tenant `b` is it, given that `a` exists. */
const SPOILED: readonly (readonly [how: object, shows: (text: string, a: AnyDocument) => boolean])[] = [
  [{}, (text) => !isJson(text) && text.startsWith('{"id"')],
  [{ as: 'notJson' }, (text) => !isJson(text)],
  [{ as: 'empty' }, (text) => text === ''],
  [{ as: 'wrongTypes' }, (text) => JSON.parse(text).id === 17 && JSON.parse(text).cells === 'x'],
  [{ as: 'notUtf8' }, (text) => JSON.parse(text).id.startsWith('\uFFFD\uFFFD') && JSON.parse(text).name === 'b'],
  [{ as: 'anotherId' }, (text, a) => JSON.parse(text).id === a.id && JSON.parse(text).name === 'b'],
  [{ body: 'hello' }, (text) => text === 'hello'],
  [{ body: '' }, (text) => text === ''],
  [{ set: { '/name': 'c', '/cells/0': 7 } }, (text) => /"name":"c".*"cells":\[7\]/.test(text)],
  [{ without: ['/id', '/_links/documents-ui', '/no/such/thing'] }, (text) => /^\{"name".*"_links":\{\}\}$/.test(text)],
]

for (const [how, shows] of SPOILED) {
  answers(`an invalid answer has the right status and happened: ${JSON.stringify(how)}`, async ({ sim }) => {
    const a = await sim.newTenant('a')
    sim.simulator.faults.add({ kind: 'invalid', ...how })
    const reply = await create(sim, 'b')
    assert.is(reply.status, 201)
    assert.ok(shows(reply.text, a), reply.text)
    assert.equal(tenantNames(sim), ['a', 'b'])
  })
}

answers('an invalid content type comes with the right body, unless that is spoiled, too', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'invalid', contentType: 'text/html' })
  const reply = await create(sim)
  assert.equal([reply.headers.get('content-type'), reply.document.name], ['text/html', 'a'])
  sim.simulator.faults.add({ kind: 'invalid', contentType: 'text/html', body: '<p>' })
  const page = await sim.call('GET', '/tenants')
  assert.equal([page.headers.get('content-type'), page.text], ['text/html', '<p>'])
})

answers('an invalid answer can have the id of another application of the tenant', async ({ sim }) => {
  await sim.newApplication(await sim.newTenant('other'))
  const tenant = await sim.newTenant('a')
  const first = await sim.newApplication(tenant)
  sim.simulator.faults.add({ kind: 'invalid', as: 'anotherId' })
  const second = await sim.newApplication(tenant, newEcKey('k').authMethod)
  assert.equal([second.id, second.credentials.kid], [first.id, 'k'])
  sim.simulator.faults.add({ kind: 'invalid', as: 'anotherId' })
  const list = (await sim.call('GET', `/tenants/${tenant.id}/applications`)).document.items
  assert.is(list[0]?.id, list[1]?.id)
})

answers('an answer without a body cannot be spoiled', async ({ sim }) => {
  const { id } = await sim.newTenant('a')
  sim.simulator.faults.add({ kind: 'invalid' })
  sim.simulator.faults.add({ kind: 'oversized' })
  const reply = await sim.call('DELETE', `/tenants/${id}`)
  assert.equal([reply.status, reply.text], [204, ''])
})

answers('what is spoiled can be cut, and a refusal can be both', async ({ sim }) => {
  sim.simulator.faults.add({ kind: 'cut', op: 'getTenant', bytes: 2 })
  sim.simulator.faults.add({ kind: 'invalid', op: 'getTenant', body: 'hello' })
  const { status, text } = await cutOff(sim, '/tenants/none')
  assert.equal([status, text], [404, 'he'])
})

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

answers.run()
