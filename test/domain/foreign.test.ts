// Foreign applications in a tenant that is being deleted: what lets them go, and what is said where they may not.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { RaiTenant } from '../../src/api/types.ts'
import type { DrainSettings } from '../../src/domain/foreign.ts'
import { foreignBlock, heldBlock, unmanagedOf } from '../../src/domain/foreign.ts'
import { boundTenant } from '../doubles/resources.ts'

const test = suite('foreign applications')

const PLAIN: DrainSettings = { allowAdoption: [], isSelective: false }
const ALLOWED: DrainSettings = { ...PLAIN, allowAdoption: [{ namespace: 'team', tenant: 'ac*' }] }
const all = { spec: { drainPolicy: 'All' as const } }
const adopted = boundTenant('t-1', { ...all, status: { provenance: 'Adopted' } })

const rows: [title: string, tenant: RaiTenant, settings: DrainSettings, says: RegExp | undefined][] = [
  ['Managed', boundTenant(), PLAIN, /a-1, a-2.*drainPolicy to All/],
  ['Managed, adoption allowed', boundTenant(), ALLOWED, /a-1, a-2/],
  ['All', boundTenant('t-1', all), PLAIN, undefined],
  ['All, with a selector', boundTenant('t-1', all), { ...PLAIN, isSelective: true }, /selector.*a-1, a-2/],
  ['All, on a tenant that was taken over', adopted, PLAIN, /team=acme.*allow-adoption.*a-1, a-2/],
  ['All, on one that may be taken over', adopted, ALLOWED, undefined],
  [
    'All, on one that another namespace may take over',
    adopted,
    { ...PLAIN, allowAdoption: [{ namespace: 'x', tenant: '*' }] },
    /team=acme/,
  ],
  ['All, on one that may be taken over, with a selector', adopted, { ...ALLOWED, isSelective: true }, /selector/],
]

for (const [title, tenant, settings, says] of rows) {
  test(`${title}: ${says ? 'they block, and are named' : 'they go'}`, () => {
    const block = foreignBlock(tenant, ['a-2', 'a-1'], settings)
    assert.is(block?.report.reason, says && 'DrainBlocked')
    if (says) assert.match(block?.report.message ?? '', says)
  })
}

test('those that others have block, and are named', () => {
  assert.is(heldBlock(['a-2', 'a-1']).report.reason, 'DrainBlocked')
  assert.match(heldBlock(['a-2', 'a-1']).report.message, 'a-1, a-2')
})

test('they are named, sorted, at most twenty, and all are counted', () => {
  const ids = Array.from({ length: 25 }, (_, i) => `id-${String(i).padStart(2, '0')}`).reverse()
  for (const message of [foreignBlock(boundTenant(), ids, PLAIN)!.report.message, heldBlock(ids).report.message]) {
    assert.match(message, 'id-00, id-01')
    assert.match(message, 'id-19')
    assert.not.match(message, 'id-20')
  }
  assert.equal(unmanagedOf(ids), { total: 25, ids: [...ids].sort().slice(0, 20) })
})

test.run()
