// Addresses built from ids, and the link to the next page.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { afterIdIn, apiUrl } from '../../src/controlplane/urls.ts'

const BASE = 'https://api.example.com/v0'

const IDS: readonly (readonly [id: string, path: string])[] = [
  ['t-1', '/v0/tenants/t-1'],
  ['0oa1 b', '/v0/tenants/0oa1%20b'],
  ['a?b#c&d=e', '/v0/tenants/a%3Fb%23c%26d%3De'],
  ['%2e%2e', '/v0/tenants/%252e%252e'],
  ['...', '/v0/tenants/...'],
  ['é', '/v0/tenants/%C3%A9'],
]
const NO_IDS = [
  '',
  '.',
  '..',
  'a/b',
  '/',
  '../tenants',
  'a\\b',
  'a\nb',
  'a\u0000',
  '\u0085',
  '\ud800',
  'x'.repeat(257),
  'a\u202eb',
  'a\u2028b',
  '<b>',
  '[a]',
  '`a`',
]

const LINKS: readonly (readonly [href: string, afterId: string])[] = [
  ['/tenants?limit=20&after_id=t-1', 't-1'],
  ['/tenants?after_id=t-1&limit=20', 't-1'],
  ['/v0/tenants?after_id=t-1', 't-1'],
  ['tenants?after_id=t-1', 't-1'],
  ['?after_id=t-1', 't-1'],
  ['https://api.example.com/v0/tenants?after_id=t-1', 't-1'],
  ['https://api.example.com:443/v0/tenants?after_id=t-1', 't-1'],
  ['/tenants?after_id=a%26b%2Fc', 'a&b/c'],
  ['/elsewhere/entirely?after_id=t-1&evil=1', 't-1'],
]
const ELSEWHERE = [
  'https://evil.example/v0/tenants?after_id=t-1',
  '//evil.example/tenants?after_id=t-1',
  '\\\\evil.example/tenants?after_id=t-1',
  'http://api.example.com/v0/tenants?after_id=t-1',
  'https://api.example.com:8443/v0/tenants?after_id=t-1',
  'https://api.example.com.evil.example/?after_id=t-1',
  'javascript:alert(1)',
  'https://',
]
const NOWHERE = ['', '/tenants', '/tenants?after_id=', '/tenants?limit=20']

const urls = suite('urls')

for (const [id, path] of IDS) {
  urls(`the id ${JSON.stringify(id)} is one segment of a path`, () => {
    assert.is(apiUrl(BASE, ['tenants', id]).href, `https://api.example.com${path}`)
  })
}

for (const id of NO_IDS) {
  urls(`${JSON.stringify(id).slice(0, 20)} is no id`, () => {
    assert.throws(() => apiUrl(BASE, ['tenants', id]), /status by hand/)
  })
}

urls('a query is encoded', () => {
  const query = new URLSearchParams({ limit: '20', after_id: 'a&b=c' })
  assert.is(apiUrl(BASE, ['tenants'], query).href, 'https://api.example.com/v0/tenants?limit=20&after_id=a%26b%3Dc')
})

for (const [href, afterId] of LINKS) {
  urls(`of the link ${href} only after_id is taken`, () => assert.equal(afterIdIn(href, BASE), { afterId }))
}

for (const href of ELSEWHERE) {
  urls(`the link ${href} is not followed`, () => {
    assert.equal(afterIdIn(href, BASE), { problem: 'next leads to another server' })
  })
}

for (const href of NOWHERE) {
  urls(`the link ${JSON.stringify(href)} says nothing`, () => {
    assert.equal(afterIdIn(href, BASE), { problem: 'next has no after_id' })
  })
}

urls.run()
