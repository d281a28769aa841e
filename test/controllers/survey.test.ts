// What an export reads, in which order, and what keeps it from reading.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import { takeSurvey } from '../../src/controllers/survey.ts'
import type { SurveyOptions } from '../../src/controllers/survey.ts'
import { journalSelector } from '../../src/domain/journal.ts'
import type { RecordMetadata } from '../../src/domain/journal.ts'
import { unclaimedIn } from '../../src/domain/unclaimed.ts'
import { Failure } from '../../src/errors.ts'
import { ManualClock } from '../doubles/manual-clock.ts'
import { MemoryApplications, MemoryResources } from '../doubles/memory-cluster.ts'
import { MemoryControlPlane } from '../doubles/memory-control-plane.ts'
import { boundApplication, boundTenant } from '../doubles/resources.ts'
import { answerOf, applicationAttempt, journalOf, tenantAttempt, withFields } from '../domain/attempts.ts'
import { thrownBy } from '../kube/fake-api-server.ts'

const test = suite('survey')

const PERSONS = { cell: 'eu-1', scopes: ['documents.submissions.read'], auth: { type: 'ClientSecret' } } as const
const limited = new Failure('RateLimited', 'retry', 'fewer requests', { retryAfterMs: 7_000 })

/** Two tenants with an application each. */
function makeWorld() {
  const plane = new MemoryControlPlane()
  const made = ['acme', 'umbrella'].map((name) => {
    const { id } = plane.makeTenant({ name, cells: ['eu-1'] })
    return { id, application: plane.makeApplication(id, PERSONS).application }
  })
  const clock = new ManualClock()
  const stop = new AbortController()
  const tenants = new MemoryResources<RaiTenant>()
  const applications = new MemoryApplications()
  const journals: RecordMetadata[] = []
  const read: string[] = []
  const reading = <T>(what: string, lister: { list(): Promise<readonly T[]> }) => ({
    list: async () => {
      read.push(what)
      return lister.list()
    },
  })
  const options: SurveyOptions = {
    tenants: plane.tenants,
    applications: plane.applications,
    records: {
      async metadata(selector) {
        read.push(`journals ${selector} after ${plane.calls.length} calls`)
        return journals
      },
    },
    tenantLister: reading('RaiTenants', tenants),
    applicationLister: reading('RaiTenantApplications', applications),
    organization: () => 'org',
    clock,
  }
  return { plane, made, clock, stop, tenants, applications, journals, read, options }
}

function take({ options, stop }: Pick<ReturnType<typeof makeWorld>, 'options' | 'stop'>) {
  return takeSurvey(options, stop.signal)
}

test('each tenant is looked into once, and who claims what is read after that: journals, then resources', async () => {
  const world = makeWorld()
  const { plane, made, read } = world
  await take(world)
  const lists = made.map(({ id }) => `getTenantApplications ${id}`)
  assert.equal(plane.calls, ['getTenants', ...lists])
  assert.equal(read, [`journals ${journalSelector} after 3 calls`, 'RaiTenants', 'RaiTenantApplications'])
})

test('what resources and journals have is told with the rest', async () => {
  const world = makeWorld()
  const { made, tenants, applications, journals } = world
  const [acme, umbrella] = made as [(typeof made)[0], (typeof made)[0]]
  tenants.apply(boundTenant(acme.id))
  applications.apply(boundApplication(acme.application.id))
  const attempt = applicationAttempt({ tenantId: umbrella.id, state: 'bound' })
  const answer = { ...answerOf(attempt), application: umbrella.application }
  journals.push(journalOf({ ...attempt, answer }))
  const { adoptable, leftOut } = unclaimedIn(await take(world))
  assert.equal(
    adoptable.map(({ tenant, applications }) => [tenant.name, applications]),
    [['umbrella', []]],
  )
  assert.equal(leftOut, [])
})

test('a tenant that goes between the lists is told without what was in it', async () => {
  const world = makeWorld()
  const { plane, made } = world
  const { list } = plane.applications
  plane.applications.list = async (id, signal) => (id === made[0]!.id ? undefined : list(id, signal))
  const { inventory } = await take(world)
  assert.equal([...inventory.applications.keys()], [made[1]!.id])
})

test('a journal that cannot be read may claim anything: nothing is told, but what to do about it', async () => {
  const world = makeWorld()
  world.journals.push(
    journalOf(tenantAttempt()),
    withFields(journalOf(applicationAttempt(), 'journal-uid-1-b'), { readableBy: 99 }),
  )
  const error = (await thrownBy(take(world))) as Failure
  assert.is(error.code, 'AmbiguousCreate')
  assert.match(error.message, /journal-uid-1-b .* delete it$/)
})

test('whoever asks for fewer calls is waited for as long as he says, a few times in a row', async () => {
  const world = makeWorld()
  const { plane, clock } = world
  plane.outage = limited
  const taking = take(world)
  await clock.advance(13_999)
  assert.is(plane.calls.length, 2)
  plane.outage = undefined
  await clock.advance(1)
  assert.is((await taking).inventory.applications.size, 2)

  plane.outage = limited
  const failing = thrownBy(take(world))
  await clock.advance(60_000)
  assert.is(await failing, limited)
  assert.is(plane.count('getTenants'), 3 + 6)
})

test('the wait ends when the process is to end', async () => {
  const world = makeWorld()
  const { plane, clock, stop } = world
  plane.outage = limited
  const failing = thrownBy(take(world))
  await clock.advance(1)
  stop.abort(new Error('enough'))
  assert.is(((await failing) as Error).message, 'enough')
})

const down = new Failure('ControlPlaneUnavailable', 'retry', 'down')

test('any other failure is told at once', async () => {
  const world = makeWorld()
  world.plane.outage = down
  assert.is(await thrownBy(take(world)), down)
  assert.is(world.plane.calls.length, 1)
})

test.run()
