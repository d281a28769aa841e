// When the answer to a create is taken for the application that was asked for, from an API that answers as each test says.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { applicationsApi } from '../../src/controlplane/applications.ts'
import type { Api } from '../../src/controlplane/management-api.ts'
import type { ApplicationRequest, KeyPair } from '../../src/domain/external.ts'
import { Redacted } from '../../src/redacted.ts'

const forever = new AbortController().signal
const SCOPES = ['documents.submissions.read', 'documents.submissions.write']

function keyPair(type: 'EC' | 'RSA'): KeyPair {
  const publicKey = type === 'EC' ? { x: 2n ** 255n + 1n, y: 3n } : { n: 2n ** 3071n + 1n, e: 65_537n }
  const [privateKeyPem, privateKeyJwk] = [new Redacted('pem'), new Redacted('jwk')]
  return { type, kid: `kid-${type}`, privateKeyPem, privateKeyJwk, publicKey }
}

const request = (auth: ApplicationRequest['auth']): ApplicationRequest => ({ cell: 'eu-1', scopes: SCOPES, auth })
const EC = request(keyPair('EC'))
const RSA = request(keyPair('RSA'))
const BY_SECRET = request({ type: 'ClientSecret' })

const GIVEN = { id: 'a-1', client_id: 'c-1', auth_server: 'aus1', cell: 'eu-1', scopes: SCOPES }
const SECRET = { type: 'CLIENT_SECRET', client_secret: 's3cr3t' }

/** Has the control plane answer a create with 201 and this document. */
async function create(request: ApplicationRequest, document: unknown) {
  const bodies: unknown[] = []
  const api: Api = {
    baseUrl: 'https://api.example.com/v0',
    query: () => assert.unreachable() as never,
    async post(_call, body) {
      bodies.push(body)
      const answer = { status: 201, text: JSON.stringify(document), retryAfterMs: undefined, dateMs: undefined }
      return { result: 'answered', answer, isTokenStale: false }
    },
  }
  return { result: await applicationsApi(api).create('t-1', request, forever), bodies }
}

const applications = suite('applications')

applications('a client secret comes out of the answer', async () => {
  const { result, bodies } = await create(BY_SECRET, { ...GIVEN, credentials: SECRET })
  assert.equal(bodies, [{ cell: 'eu-1', scopes: SCOPES, auth_method: { type: 'CLIENT_SECRET' } }])
  assert.ok(result.outcome === 'created')
  const { application, credential } = result.value
  assert.equal(application, { id: 'a-1', clientId: 'c-1', authServer: 'aus1', cell: 'eu-1', scopes: SCOPES })
  assert.is(credential.clientId, 'c-1')
  assert.is(credential.proof.type === 'ClientSecret' && credential.proof.clientSecret.reveal(), 's3cr3t')
  assert.not.match(JSON.stringify(result), /s3cr3t/)
})

for (const [asked, alg, numbers] of [
  [EC, 'ES256', { x: 2n ** 255n + 1n, y: 3n }],
  [RSA, 'RS256', { n: 2n ** 3071n + 1n, e: 65_537n }],
] as const) {
  const pair = asked.auth as KeyPair
  applications(`a key is ours, and only its public half goes out: ${pair.type}`, async () => {
    const { type, kid, privateKeyPem, privateKeyJwk } = pair
    const { result, bodies } = await create(asked, { ...GIVEN, credentials: { type, alg, kid } })
    assert.equal(bodies, [{ cell: 'eu-1', scopes: SCOPES, auth_method: { type, alg, kid, ...numbers } }])
    assert.ok(result.outcome === 'created')
    assert.equal(result.value.credential, { clientId: 'c-1', proof: { type, kid, privateKeyPem, privateKeyJwk } })
  })
}

applications('scopes in another order are the same', async () => {
  const { result } = await create(BY_SECRET, { ...GIVEN, scopes: SCOPES.toReversed(), credentials: SECRET })
  assert.is(result.outcome, 'created')
})

const MISMATCHES: readonly (readonly [what: string, asked: ApplicationRequest, document: unknown])[] = [
  ['another cell', BY_SECRET, { ...GIVEN, cell: 'us-1', credentials: SECRET }],
  ['fewer scopes', BY_SECRET, { ...GIVEN, scopes: SCOPES.slice(1), credentials: SECRET }],
  ['more scopes', BY_SECRET, { ...GIVEN, scopes: [...SCOPES, 'more'], credentials: SECRET }],
  ['a key instead of a secret', BY_SECRET, { ...GIVEN, credentials: { type: 'EC', kid: 'k' } }],
  ['a secret instead of a key', EC, { ...GIVEN, credentials: SECRET }],
  ['a key of another kind', EC, { ...GIVEN, credentials: { type: 'RSA', kid: 'kid-EC' } }],
  ['another key', EC, { ...GIVEN, credentials: { type: 'EC', kid: 'kid-other' } }],
  ['no credentials', EC, GIVEN],
  ['no id', BY_SECRET, { ...GIVEN, id: undefined, credentials: SECRET }],
]

for (const [what, asked, document] of MISMATCHES) {
  applications(`an answer with ${what} is ambiguous`, async () => {
    const { result } = await create(asked, document)
    assert.is(result.outcome, 'ambiguous')
    assert.not.match(JSON.stringify(result), /s3cr3t/)
  })
}

applications.run()
