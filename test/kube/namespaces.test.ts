// Labels of namespaces: read when they are needed, and asked for as long as they may not be read.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { Namespaces } from '../../src/kube/namespaces.ts'
import type { Transport } from '../../src/kube/transport.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryApiServer } from '../doubles/memory-api/server.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { until } from './fake-api-server.ts'

const test = suite('kube/namespaces')

/** Longer than a reflector rests between attempts. */
const REST_MS = 31_000

const begun: (() => Promise<void>)[] = []
test.after.each(async () => {
  await Promise.all(begun.splice(0).map((end) => end()))
})

async function begin({ mayRead = true } = {}) {
  const clock = new ManualClock()
  const api = new MemoryApiServer({ clock })
  api.create({ kind: 'Namespace', metadata: { name: 'guest', labels: { team: 'a' } } })
  const permission = { mayRead, asked: 0 }
  const namespaces = new Namespaces({
    transport: checked(api.transport(), permission),
    clock,
    random: () => 0,
    logger: new RecordedLog(),
    metrics: { requested: () => {}, staleReadSkipped: () => {} },
  })
  const told: (string | undefined)[] = []
  namespaces.onChange((name) => told.push(name))
  const stop = new AbortController()
  const run = namespaces.run(stop.signal).catch(() => undefined)
  begun.push(async () => {
    stop.abort()
    await run
  })
  /** The label of a namespace, or why it is not known. */
  const team = (name = 'guest') => {
    const labels = namespaces.labelsOf(name)
    return typeof labels === 'string' ? labels : labels['team']
  }
  return { api, clock, namespaces, permission, told, team }
}

/** Refuses as the API server does who lacks a permission. */
function checked(transport: Transport, permission: { mayRead: boolean; asked: number }): Transport {
  const check = () => {
    permission.asked++
    if (!permission.mayRead) throw new Failure('KubeForbidden', 'wait', 'GET /api/v1/namespaces: 403 Forbidden')
  }
  return {
    ...transport,
    host: transport.host,
    close: () => transport.close(),
    request: async (...args) => {
      check()
      return transport.request(...args)
    },
    async *lines(...args) {
      check()
      yield* transport.lines(...args)
    },
  }
}

test('nothing is asked for before labels are needed, and no probe knows of it', async () => {
  const { namespaces, permission, team, clock } = await begin()
  await clock.advance(REST_MS)
  assert.equal([permission.asked, namespaces.states, team()], [0, [], 'unread'])
})

test('labels are there once they are followed, and all who wait are told at once', async () => {
  const { namespaces, team, told } = await begin()
  namespaces.follow()
  namespaces.follow()
  await until(() => told.length > 0)
  assert.equal([team(), told], ['a', [undefined]])
  assert.equal(
    namespaces.states.map(({ name, synced }) => [name, synced]),
    [['namespaces', true]],
  )
})

test('a namespace that has just come is not known to have no labels', async () => {
  const { api, namespaces, team, told } = await begin()
  namespaces.follow()
  await until(() => told.length > 0)
  assert.is(team('new'), 'unread')
  api.create({ kind: 'Namespace', metadata: { name: 'new' } })
  await until(() => told.length > 1)
  assert.equal([team('new'), told[1]], [undefined, 'new'])
})

test('a change of labels is told, and no other change', async () => {
  const { api, namespaces, team, told } = await begin()
  namespaces.follow()
  await until(() => told.length > 0)
  const change = (metadata: object) => api.update({ kind: 'Namespace', metadata: { name: 'guest', ...metadata } })
  change({ annotations: { note: 'x' }, labels: { team: 'a' } })
  change({ labels: { team: 'b' } })
  await until(() => told.length > 1)
  assert.equal([team(), told], ['b', [undefined, 'guest']])
})

test('without the permission labels are unreadable, and are read as soon as it is there', async () => {
  const { clock, namespaces, permission, team, told } = await begin({ mayRead: false })
  namespaces.follow()
  await until(() => told.length > 0)
  assert.equal([team(), told], ['unreadable', [undefined]])
  await clock.advance(REST_MS)
  assert.is(told.length, 1, 'told once')
  permission.mayRead = true
  await clock.advance(REST_MS)
  await until(() => team() !== 'unreadable')
  assert.is(team(), 'a')
})

test('a permission that is taken back makes labels unreadable, whatever is remembered of them', async () => {
  const { api, clock, namespaces, permission, team, told } = await begin()
  namespaces.follow()
  await until(() => told.length > 0)
  permission.mayRead = false
  api.endWatches()
  await until(() => clock.armed === 1)
  await clock.advance(REST_MS)
  await until(() => team() === 'unreadable')
  assert.equal(told, [undefined, undefined])
})

test.run()
