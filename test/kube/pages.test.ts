// A whole list: every page of it, or a failure.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Failure } from '../../src/errors.ts'
import { pagesOf } from '../../src/kube/pages.ts'
import type { Transport } from '../../src/kube/transport.ts'
import type { WireList, WireObject } from '../../src/kube/wire.ts'
import { thrownBy } from './fake-api-server.ts'

const test = suite('kube/pages')

const forever = new AbortController().signal

function item(name: string): WireObject {
  return { metadata: { name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' } }
}

/** A transport that answers with these pages, one after the other. */
function transportOf(...pages: (Partial<WireList> | Failure)[]) {
  const queries: unknown[] = []
  const transport: Pick<Transport, 'request'> = {
    async request(method, path, { query }) {
      const page = pages[queries.length]
      queries.push({ call: `${method} ${path}`, ...query })
      if (page instanceof Failure) throw page
      return { metadata: { resourceVersion: '1' }, ...page }
    },
  }
  return { transport, queries }
}

async function namesIn(transport: Pick<Transport, 'request'>, query = {}): Promise<string[]> {
  const names: string[] = []
  for await (const { metadata } of pagesOf(transport, '/things', { query }, forever)) names.push(metadata.name)
  return names
}

const more = (token: string) => ({ metadata: { resourceVersion: '1', continue: token } })

test('pages are read until none follows, each with the same query and the token of the one before', async () => {
  const { transport, queries } = transportOf(
    { ...more('p2'), items: [item('a'), item('b')] },
    { ...more('p3'), items: [] },
    { items: [item('c')] },
  )
  assert.equal(await namesIn(transport, { labelSelector: 'x=y' }), ['a', 'b', 'c'])
  const asked = { call: 'GET /things', labelSelector: 'x=y', limit: '500' }
  assert.equal(queries, [
    { ...asked, continue: undefined },
    { ...asked, continue: 'p2' },
    { ...asked, continue: 'p3' },
  ])
})

for (const [title, last] of [
  ['an empty token', more('')],
  ['no items', {}],
] as const) {
  test(`a page with ${title} is the last`, async () => {
    const { transport, queries } = transportOf(last)
    assert.equal(await namesIn(transport), [])
    assert.is(queries.length, 1)
  })
}

test('a page that fails fails the list', async () => {
  const expired = new Failure('KubeExpired', 'retry', 'the token has expired')
  const { transport } = transportOf({ ...more('p2'), items: [item('a')] }, expired)
  assert.is(await thrownBy(namesIn(transport)), expired)
})

test.run()
