// One list for all who ask within a moment, a new one for those who must know, and no failure that sticks.
import sinon from 'sinon'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { TenantDirectory } from '../../src/controllers/directory.ts'
import type { TenantsApi } from '../../src/controllers/ports.ts'
import type { TenantListing } from '../../src/domain/external.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const test = suite('tenant directory')
const listing: TenantListing = {
  tenants: [{ id: 't-1', name: 'acme', createdAt: '', cells: [], links: [] }],
  at: 1,
}
const running = () => new AbortController().signal

function make() {
  const list = sinon.stub<[AbortSignal], Promise<TenantListing>>().resolves(listing)
  const api: TenantsApi = { list, get: sinon.stub(), create: sinon.stub(), delete: sinon.stub() }
  const clock = new ManualClock()
  const seen = sinon.spy()
  return { clock, list, seen, directory: new TenantDirectory(api, clock, seen) }
}

test('all who ask within ten seconds share one list', async () => {
  const { clock, directory, list } = make()
  await Promise.all([directory.recent(running()), directory.recent(running())])
  await clock.advance(9_999)
  assert.equal(await directory.recent(running()), listing)
  assert.is(list.callCount, 1)
  await clock.advance(1)
  await directory.recent(running())
  assert.is(list.callCount, 2)
})

test('who must know what is there now gets a list that was asked for afterwards', async () => {
  const { directory, list } = make()
  await directory.recent(running())
  await directory.current(running())
  assert.is(list.callCount, 2)
})

test('a list that fails is nobody’s: the next one asks again', async () => {
  const { directory, list } = make()
  list.onFirstCall().rejects(new Error('down'))
  await directory.recent(running()).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'down'),
  )
  assert.equal(await directory.recent(running()), listing)
})

test('one who gives up does not take the list from the others', async () => {
  const { directory, list } = make()
  const answer = Promise.withResolvers<TenantListing>()
  list.returns(answer.promise)
  const giving = new AbortController()
  const [first, second] = [directory.recent(giving.signal), directory.recent(running())]
  giving.abort(new Error('stopped'))
  await first.then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'stopped'),
  )
  assert.not(list.firstCall.args[0].aborted)
  answer.resolve(listing)
  assert.equal(await second, listing)
})

test('what a list shows is told, and when it was asked for', async () => {
  const { clock, directory, seen } = make()
  await clock.advance(5)
  await directory.current(running())
  assert.equal(seen.args, [[listing, 5]])
})

test.run()
