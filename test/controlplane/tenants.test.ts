// Pages of tenants, from an API that answers as each test says.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { HttpAnswer } from '../../src/controlplane/http-client.ts'
import type { Api } from '../../src/controlplane/management-api.ts'
import { tenantsApi } from '../../src/controlplane/tenants.ts'
import { failureOf } from '../doubles/failure-of.ts'
import { ManualClock } from '../doubles/manual-clock.ts'

const forever = new AbortController().signal

type Answer = { readonly status: number; readonly document?: unknown; readonly dateMs?: number }

/** An API whose GETs are answered by `answerTo`, with the queries it got. */
function setUp(answerTo: (search: URLSearchParams) => Answer, pageLimit = 100) {
  const queries: string[] = []
  const api: Api = {
    baseUrl: 'https://api.example.com/v0',
    async query(_method, { search = new URLSearchParams() }, good): Promise<HttpAnswer> {
      queries.push(search.toString())
      const { status, document, dateMs } = answerTo(search)
      assert.ok(good.includes(status))
      return { status, text: JSON.stringify(document ?? {}), retryAfterMs: undefined, dateMs }
    },
    post: () => assert.unreachable() as never,
  }
  return { tenants: tenantsApi(api, pageLimit, new ManualClock()), queries }
}

function page(ids: readonly string[], href?: string): Answer {
  const items = ids.map((id) => ({ id, name: id, created: 'c', updated: 'u', cells: [] }))
  return { status: 200, document: { items, _links: href === undefined ? {} : { next: { href } } } }
}

const tenants = suite('tenants')

tenants('pages are read until there is no next one', async () => {
  const { tenants, queries } = setUp((search) => {
    const after = Number(search.get('after_id') ?? 0)
    return page([`t-${after + 1}`], after < 3 ? `/tenants?limit=1&after_id=${after + 1}` : undefined)
  })
  const ids = (await tenants.list(forever)).tenants.map(({ id }) => id)
  assert.equal(ids, ['t-1', 't-2', 't-3', 't-4'])
  assert.equal(queries, ['limit=100', 'limit=100&after_id=1', 'limit=100&after_id=2', 'limit=100&after_id=3'])
})

tenants('an empty page with a next one is not the last', async () => {
  const { tenants } = setUp((search) => (search.has('after_id') ? page(['t-1']) : page([], '?after_id=x')))
  assert.is((await tenants.list(forever)).tenants.length, 1)
})

tenants('a list is as of its last page by the control plane’s clock, else by our own', async () => {
  const { tenants } = setUp((search) => {
    const isLast = search.has('after_id')
    return { ...page(['t-1'], isLast ? undefined : '?after_id=t-1'), dateMs: isLast ? 2_000 : 1_000 }
  })
  assert.is((await tenants.list(forever)).at, 2_000)
  const { tenants: undated } = setUp(() => page([]))
  assert.is((await undated.list(forever)).at, ManualClock.epoch)
})

tenants('a next that leads to another server ends in a failure, not there', async () => {
  const { tenants, queries } = setUp(() => page(['t-1'], '//evil.example/tenants?after_id=t-1'))
  const failure = await failureOf(tenants.list(forever))
  assert.is(failure.code, 'ControlPlaneUnavailable')
  assert.match(failure.message, /another server/)
  assert.not.match(failure.message, /evil/)
  assert.is(queries.length, 1)
})

tenants('a next that leads back ends in a failure', async () => {
  const { tenants, queries } = setUp((search) => page([], `?after_id=${search.get('after_id') === 'a' ? 'b' : 'a'}`))
  assert.match((await failureOf(tenants.list(forever))).message, /leads back/)
  assert.is(queries.length, 3)
})

tenants('pages without end end in a failure', async () => {
  let n = 0
  const { tenants, queries } = setUp(() => page([], `?after_id=${++n}`))
  assert.match((await failureOf(tenants.list(forever))).message, /more than 10000 pages/)
  assert.is(queries.length, 10_000)
})

tenants('one page that is not as it should be fails the whole list', async () => {
  const { tenants } = setUp((search) =>
    search.has('after_id') ? { status: 200, document: { items: [] } } : page(['t-1'], '?after_id=t-1'),
  )
  assert.match((await failureOf(tenants.list(forever))).message, /_links/)
})

tenants('a limit that is refused is left out, then and later', async () => {
  const { tenants, queries } = setUp((search) => (search.has('limit') ? { status: 400 } : page(['t-1'])))
  await tenants.list(forever)
  await tenants.list(forever)
  assert.equal(queries, ['limit=100', '', ''])
})

tenants('a limit is kept when it was not what was refused', async () => {
  let isBroken = true
  const { tenants, queries } = setUp(() => (isBroken ? { status: 400 } : page([])))
  const failure = await failureOf(tenants.list(forever))
  assert.equal([failure.code, failure.disposition], ['Rejected', 'stall'])
  isBroken = false
  await tenants.list(forever)
  assert.equal(queries, ['limit=100', '', 'limit=100'])
})

tenants('a page that can no longer be found is a reason to list again, not to give up', async () => {
  const { tenants } = setUp((search) => (search.has('after_id') ? { status: 400 } : page(['t-1'], '?after_id=t-1')))
  const failure = await failureOf(tenants.list(forever))
  assert.equal([failure.code, failure.disposition], ['ControlPlaneUnavailable', 'retry'])
})

tenants.run()
