// Which existing tenants may be taken over: the operator's rules, and what an attempt of another resource may have made.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { adoptionNotPermitted, mayAdopt, mayBeMadeBy, tenantNotFound } from '../../src/domain/adoption.ts'
import type { TenantAttempt } from '../../src/domain/journal.ts'
import { tenantOf } from '../doubles/resources.ts'
import { externalTenant, NOW, tenantAttempt } from './attempts.ts'
import { timestamp } from '../../src/clock.ts'

const test = suite('adoption of tenants')

const names: [pattern: string, fits: readonly string[], fitsNot: readonly string[]][] = [
  ['acme', ['acme'], ['acme1', 'xacme', 'acm']],
  ['*', ['a', 'acme'], []],
  ['acme*', ['acme', 'acme1'], ['xacme', 'acm']],
  ['*acme', ['acme', 'xacme'], ['acmex']],
  ['a*e', ['ae', 'acme', 'aee'], ['a', 'e', 'acmex']],
  ['ab*ba', ['abba', 'abxba'], ['aba', 'ab', 'ba']],
  ['*cm*', ['cm', 'acme'], ['acxme']],
  ['a*b*c', ['abc', 'axbxc', 'abbcc'], ['acb', 'ac', 'abcb']],
  ['a**c', ['ac', 'abc'], ['ab']],
  ['*a*a', ['aa', 'xaxa'], ['a', 'xa']],
]

for (const [pattern, fits, fitsNot] of names) {
  test(`${pattern} covers ${fits.join(', ')} and not ${fitsNot.join(', ') || 'nothing'}`, () => {
    const covers = (name: string) => mayAdopt(tenantOf({ spec: { name } }), [{ namespace: 'team', tenant: pattern }])
    assert.equal([fits.filter(covers), fitsNot.filter(covers)], [fits, []])
  })
}

test('a pattern of many parts is matched in no time, whatever the name', () => {
  const tenant = tenantOf({ spec: { name: 'a'.repeat(61) } })
  assert.not(mayAdopt(tenant, [{ namespace: 'team', tenant: `${'*a'.repeat(30)}b` }]))
})

test('a rule holds for its namespace alone, by the name in effect; without any rule nothing is taken over', () => {
  const tenant = tenantOf({ metadata: { name: 'web' }, spec: { name: 'acme' } })
  const rule = (namespace: string, name: string) => ({ namespace, tenant: name })
  assert.ok(mayAdopt(tenant, [rule('other', '*'), rule('team', 'acme')]))
  assert.not(mayAdopt(tenant, [rule('other', '*'), rule('team', 'web'), rule('tea', '*')]))
  assert.not(mayAdopt(tenant, []))
})

const made = externalTenant('t-1', { createdAt: timestamp(NOW) })
const made2 = externalTenant('t-1', { createdAt: timestamp(NOW - 3_600_000) })

const attempts: [title: string, attempt: Partial<TenantAttempt>, external: typeof made, may: boolean][] = [
  ['is open', { state: 'open' }, made2, true],
  ['has its answer', { state: 'answered' }, made2, true],
  ['is open, at another name', { state: 'open', tenantName: 'other' }, made, false],
  ['was given up when the tenant was made', { state: 'abandoned' }, made, true],
  ['was given up an hour later', { state: 'abandoned' }, made2, false],
  ['is surplus, and names it', { state: 'surplus', answer: { ...made2, provenance: 'Created' } }, made2, true],
  ['was refused', { state: 'rejected' }, made, false],
  ['was bound', { state: 'bound', answer: { ...made, provenance: 'Created' } }, made, false],
]

for (const [title, attempt, external, may] of attempts) {
  test(`a tenant ${may ? 'may be' : 'is not'} what an attempt made that ${title}`, () =>
    assert.is(mayBeMadeBy(tenantAttempt(attempt), external), may))
}

test('what is in the way is told with the name and what to do', () => {
  const tenant = tenantOf({ spec: { name: 'umbrella' } })
  assert.match(adoptionNotPermitted(tenant).report.message, 'team=umbrella')
  assert.match(tenantNotFound(tenant).report.message, '"umbrella"')
})

test.run()
