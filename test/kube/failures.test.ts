// What answers of the API server mean, and that no Secret is ever in a message.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Disposition } from '../../src/errors.ts'
import { failureOfSilence, failureOfStatus, isNamespaceTerminating } from '../../src/kube/failures.ts'
import type { KubeCode } from '../../src/kube/failures.ts'
import type { Status } from '../../src/kube/wire.ts'

const test = suite('kube/failures')

const PATH = '/apis/tenants.resistant.ai/v1alpha1/namespaces/a/raitenants/x'
const SECRET = '/api/v1/namespaces/a/secrets/x'

type Row = readonly [rule: string, method: string, code: number, body: Status, kube: KubeCode, then: Disposition]

const ROWS: readonly Row[] = [
  ['a lost race', 'PUT', 409, { reason: 'Conflict' }, 'KubeConflict', 'retry'],
  ['a name that is taken', 'POST', 409, { reason: 'AlreadyExists' }, 'KubeAlreadyExists', 'retry'],
  ['a patch whose test fails', 'PATCH', 422, { reason: 'Invalid', details: {} }, 'KubeConflict', 'retry'],
  ['a patch that is refused', 'PATCH', 422, { reason: 'Invalid', details: { kind: 'X' } }, 'KubeInvalid', 'wait'],
  ['a resource that is wrong', 'POST', 422, { reason: 'Invalid', details: {} }, 'KubeInvalid', 'wait'],
  ['a request that is wrong', 'GET', 400, { reason: 'BadRequest' }, 'KubeInvalid', 'wait'],
  ['a resource that is too large', 'PUT', 413, {}, 'KubeInvalid', 'wait'],
  ['no such resource', 'GET', 404, { reason: 'NotFound' }, 'KubeNotFound', 'retry'],
  ['no such kind', 'GET', 404, {}, 'KubeNotFound', 'retry'],
  ['a missing permission', 'GET', 403, { reason: 'Forbidden' }, 'KubeForbidden', 'wait'],
  ['a refused credential', 'GET', 401, { reason: 'Unauthorized' }, 'KubeForbidden', 'wait'],
  ['a version that is too old', 'GET', 410, { reason: 'Expired' }, 'KubeGone', 'retry'],
  ['pressure', 'GET', 429, { reason: 'TooManyRequests' }, 'KubeUnavailable', 'retry'],
  ['a fault', 'GET', 500, { reason: 'InternalError' }, 'KubeUnavailable', 'retry'],
  ['a gateway without a server', 'GET', 502, {}, 'KubeUnavailable', 'retry'],
  ['a redirection', 'GET', 302, {}, 'KubeUnavailable', 'retry'],
]

for (const [rule, method, code, body, kube, disposition] of ROWS) {
  test(`${rule} is ${kube}`, () => {
    const failure = failureOfStatus(method, PATH, code, body)
    assert.is(failure.code, kube)
    assert.is(failure.disposition, disposition)
    assert.is(failure.message, `${method} ${PATH}: ${code}${body.reason ? ` ${body.reason}` : ''}`)
  })
}

test("the API server's reasons for a refusal are passed on in one short line", () => {
  const message = `admission says\n  no   ${'x'.repeat(1000)}`
  const failure = failureOfStatus('PATCH', PATH, 403, { reason: 'Forbidden', message })
  assert.ok(failure.message.startsWith(`PATCH ${PATH}: 403 Forbidden: admission says no xxx`))
  assert.ok(failure.message.endsWith('x...'))
  assert.ok(failure.message.length < 420)
})

test('the reasons for a conflict are not: they name versions, which are never the same', () => {
  const message = 'Operation cannot be fulfilled on raitenants "x": the object has been modified'
  assert.is(failureOfStatus('PUT', PATH, 409, { reason: 'Conflict', message }).message, `PUT ${PATH}: 409 Conflict`)
})

const HIDDEN = 'c3VwZXJzZWNyZXQ='
const ABOUT_SECRETS: readonly (readonly [rule: string, code: number, message: string, shown: string])[] = [
  [
    'values that are wrong are not quoted',
    422,
    `Secret "x" is invalid: data[a]: Invalid value: "${HIDDEN}"`,
    'data[a], type',
  ],
  [
    'a webhook is named, and what it says is not passed on',
    403,
    `admission webhook "validate.example.com" denied the request: value ${HIDDEN} is weak`,
    'admission webhook "validate.example.com" denied the request',
  ],
  [
    'a policy is named',
    422,
    `secrets "x" is forbidden: ValidatingAdmissionPolicy 'p.example.com' with binding 'b' denied request: ${HIDDEN}`,
    `ValidatingAdmissionPolicy 'p.example.com' with binding 'b' denied request`,
  ],
  [
    'a quota is named',
    403,
    'secrets "x" is forbidden: exceeded quota: few, requested: secrets=1, used: secrets=1, limited: secrets=1',
    'exceeded quota: few',
  ],
  [
    'a missing permission is named',
    403,
    'secrets is forbidden: User "system:serviceaccount:rai-system:rai-operator" cannot create resource "secrets" in API group "" in the namespace "a"',
    'User "system:serviceaccount:rai-system:rai-operator" cannot create resource "secrets" in API group "" in the namespace "a"',
  ],
  [
    'a namespace that is going is named',
    403,
    'secrets "x" is forbidden: unable to create new content in namespace a because it is being terminated',
    'unable to create new content in namespace a because it is being terminated',
  ],
  ['what is not known is not passed on', 403, `because of ${HIDDEN}`, 'data[a], type'],
]

for (const [rule, code, message, shown] of ABOUT_SECRETS) {
  test(`about a Secret: ${rule}`, () => {
    const causes = [{ field: 'type' }, { field: 'data[a]' }, { field: 'data[a]' }]
    const failure = failureOfStatus('POST', SECRET, code, { reason: 'No', message, details: { causes } })
    assert.is(failure.message, `POST ${SECRET}: ${code} No: ${shown}`)
    assert.not.match(JSON.stringify(failure.cause), HIDDEN)
  })
}

test('about a token: a missing permission is named, and what a webhook says is not passed on', () => {
  const path = '/apis/authentication.k8s.io/v1/tokenreviews'
  const told = (message: string) => failureOfStatus('POST', path, 403, { reason: 'Forbidden', message }).message
  const missing = 'User "rai" cannot create resource "tokenreviews" in API group "authentication.k8s.io"'
  const said = `tokenreviews.authentication.k8s.io is forbidden: ${missing} at the cluster scope`
  assert.is(told(said), `POST ${path}: 403 Forbidden: ${missing}`)
  const webhook = 'admission webhook "a.example.com" denied the request'
  assert.is(told(`${webhook}: no such token as ${HIDDEN}`), `POST ${path}: 403 Forbidden: ${webhook}`)
})

test('the time after which to come again is taken from the header, else from the body', () => {
  const details = { retryAfterSeconds: 3 }
  assert.is(failureOfStatus('GET', PATH, 429, { details }, 9_000).retryAfterMs, 9_000)
  assert.is(failureOfStatus('GET', PATH, 429, { details }).retryAfterMs, 3_000)
  assert.is(failureOfStatus('GET', PATH, 503, {}).retryAfterMs, undefined)
})

test('a namespace that is being deleted is known by the cause that the API server names', () => {
  const causes = [{ reason: 'NamespaceTerminating' }]
  assert.ok(isNamespaceTerminating(failureOfStatus('POST', SECRET, 403, { details: { causes } })))
  assert.not(isNamespaceTerminating(failureOfStatus('POST', SECRET, 403, { message: 'NamespaceTerminating' })))
  assert.not(isNamespaceTerminating(new Error('NamespaceTerminating')))
})

test('silence is told by the code of what went wrong', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED 192.0.2.1:443'), { code: 'ECONNREFUSED' })
  const failure = failureOfSilence('GET', PATH, refused)
  assert.is(failure.code, 'KubeUnavailable')
  assert.is(failure.message, `GET ${PATH}: no answer from the API server (ECONNREFUSED)`)
  assert.match(failureOfSilence('GET', PATH, new TypeError('x')).message, '(TypeError)')
})

test.run()
