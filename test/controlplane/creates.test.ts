// The outcome classes of a create, as a table over every status.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isReason } from '../../src/api/reasons.ts'
import { outcomeOf } from '../../src/controlplane/creates.ts'
import { failureOfStatus } from '../../src/controlplane/failures.ts'
import type { Posted } from '../../src/controlplane/management-api.ts'
import { Failure } from '../../src/errors.ts'

const REJECTED = [400, 401, 403, 404, 409, 415, 422, 429]

const answered = (status: number, text = '', isTokenStale = false): Posted => ({
  result: 'answered',
  answer: { status, text, retryAfterMs: undefined, dateMs: undefined },
  isTokenStale,
})
const accept = () => ({ value: 'made' })
const outcomeOfStatus = (status: number) => outcomeOf('createTenant', answered(status), accept)

const creates = suite('creates')

creates('a 201 with a body that fits is created, and nothing else is', () => {
  assert.equal(outcomeOfStatus(201), { outcome: 'created', value: 'made' })
  const others = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => status !== 201)
  assert.equal(
    others.filter((status) => outcomeOfStatus(status).outcome === 'created'),
    [],
  )
})

creates('a 201 with a body that does not fit is ambiguous', () => {
  const result = outcomeOf('createTenant', answered(201), () => ({ problem: '/name is another one' }))
  assert.ok(result.outcome === 'ambiguous')
  assert.match(result.failure.message, /\/name is another one/)
  assert.is(result.failure.code, 'ControlPlaneUnavailable')
})

creates(`only ${REJECTED.join(', ')} are rejected; any other status is ambiguous`, () => {
  const statuses = Array.from({ length: 500 }, (_, i) => i + 100).filter((status) => status !== 201)
  const rejected = statuses.filter((status) => outcomeOfStatus(status).outcome === 'rejected')
  assert.equal(rejected, REJECTED)
  const ambiguous = statuses.filter((status) => outcomeOfStatus(status).outcome === 'ambiguous')
  assert.is(ambiguous.length, statuses.length - REJECTED.length)
})

creates('every failure is a reason', () => {
  for (let status = 100; status < 600; status++) {
    const result = outcomeOfStatus(status)
    assert.ok(result.outcome === 'created' || isReason(result.failure.code), String(status))
  }
})

creates('a POST that was lost is ambiguous, and one that was not sent is not sent', () => {
  const failure = new Failure('ControlPlaneUnavailable', 'retry', 'x')
  assert.equal(outcomeOf('createTenant', { result: 'lost', failure }, accept), { outcome: 'ambiguous', failure })
  assert.equal(outcomeOf('createTenant', { result: 'notSent', failure }, accept), { outcome: 'notSent', failure })
})

creates('a 401 is tried again soon when another token may do better', () => {
  const dispositions = [true, false].map((isTokenStale) => {
    const result = outcomeOf('createTenant', answered(401, '', isTokenStale), accept)
    return result.outcome === 'rejected' ? [result.failure.code, result.failure.disposition] : []
  })
  assert.equal(dispositions, [
    ['Unauthorized', 'retry'],
    ['Unauthorized', 'wait'],
  ])
})

const FAILURES: readonly (readonly [status: number, code: string, disposition: string, remedy: RegExp])[] = [
  [400, 'Rejected', 'stall', /what the vendor allows/],
  [401, 'Unauthorized', 'wait', /credentials-dir/],
  [403, 'Forbidden', 'wait', /scope tenants\.write/],
  [404, 'Rejected', 'stall', /what the vendor allows/],
  [409, 'Rejected', 'stall', /what the vendor allows/],
  [422, 'Rejected', 'stall', /what the vendor allows/],
  [429, 'RateLimited', 'retry', /lower requests-per-second/],
  [200, 'ControlPlaneUnavailable', 'retry', /control-plane-url/],
  [302, 'ControlPlaneUnavailable', 'retry', /control-plane-url/],
  [407, 'ControlPlaneUnavailable', 'retry', /HTTPS_PROXY/],
  [408, 'ControlPlaneUnavailable', 'retry', /between here and there/],
  [425, 'ControlPlaneUnavailable', 'retry', /between here and there/],
  [499, 'ControlPlaneUnavailable', 'retry', /between here and there/],
  [500, 'ControlPlaneUnavailable', 'retry', /tried again/],
  [503, 'ControlPlaneUnavailable', 'retry', /tried again/],
]

for (const [status, code, disposition, remedy] of FAILURES) {
  creates(`${status} is ${code}, ${disposition}, and says what to do`, () => {
    const failure = failureOfStatus('deleteTenant', status, 5_000)
    assert.equal([failure.code, failure.disposition, failure.retryAfterMs], [code, disposition, 5_000])
    assert.match(failure.message, remedy)
    assert.match(failure.message, new RegExp(`${status}`))
    assert.not.match(failure.message, /\n/)
  })
}

creates.run()
