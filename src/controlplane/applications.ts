// The operations on the applications of a tenant, as the controllers know them.
import type { ApplicationsApi } from '../controllers/ports.ts'
import type { ApplicationRequest, CreatedApplication, Credential } from '../domain/external.ts'
import { Failure } from '../errors.ts'
import { Redacted } from '../redacted.ts'
import { ALGORITHMS } from './client-auth.ts'
import { outcomeOf } from './creates.ts'
import type { CreatedApplicationDocument } from './documents.ts'
import { applicationOf, isSameSet, readApplication, readApplicationList, readCreatedApplication } from './documents.ts'
import { failureOfShape } from './failures.ts'
import type { Api } from './management-api.ts'

export function applicationsApi(api: Api): ApplicationsApi {
  return {
    async list(tenantId, signal) {
      const call = { operation: 'getTenantApplications', path: ['tenants', tenantId, 'applications'] } as const
      const answer = await api.query('GET', call, [200, 404], signal)
      if (answer.status === 404) return undefined
      const read = readApplicationList(answer.text)
      if ('problem' in read) throw failureOfShape(call.operation, read.problem)
      return read.document.items.map((item) => applicationOf(item))
    },

    async get(tenantId, id, signal) {
      const call = { operation: 'getTenantApplication', path: ['tenants', tenantId, 'applications', id] } as const
      const answer = await api.query('GET', call, [200, 404], signal)
      if (answer.status === 404) return undefined
      const read = readApplication(answer.text)
      if ('problem' in read) throw failureOfShape(call.operation, read.problem)
      if (read.document.id !== id) throw failureOfShape(call.operation, '/id is another one')
      return applicationOf(read.document)
    },

    async create(tenantId, request, signal) {
      const call = { operation: 'createTenantApplication', path: ['tenants', tenantId, 'applications'] } as const
      const posted = await api.post(call, bodyOf(request), signal)
      if (posted.result === 'answered' && posted.answer.status === 404) {
        return { outcome: 'rejected', failure: unknownTenant(tenantId) }
      }
      return outcomeOf(call.operation, posted, (body) => readCreated(request, body))
    },

    async delete(tenantId, id, signal) {
      const call = { operation: 'deleteTenantApplication', path: ['tenants', tenantId, 'applications', id] } as const
      return (await api.query('DELETE', call, [204, 404], signal)).status === 204 ? 'deleted' : 'absent'
    },
  }
}

/** An ApplicationCreateRequest. Its bigints go out as integers. */
function bodyOf({ cell, scopes, auth }: ApplicationRequest): object {
  if (auth.type === 'ClientSecret') return { cell, scopes, auth_method: { type: 'CLIENT_SECRET' } }
  const { type, kid, publicKey } = auth
  return { cell, scopes, auth_method: { type, alg: ALGORITHMS[type], kid, ...publicKey } }
}

/** A credential without a match in the request may be another application's: then nothing of it may be used. */
function readCreated(
  request: ApplicationRequest,
  body: string,
): { readonly value: CreatedApplication } | { readonly problem: string } {
  const read = readCreatedApplication(body)
  if ('problem' in read) return read
  const { document } = read
  if (document.cell !== request.cell) return { problem: '/cell is another one' }
  if (!isSameSet(document.scopes, request.scopes)) return { problem: '/scopes are others' }
  const proof = proofOf(request.auth, document.credentials)
  if (!proof) return { problem: '/credentials are of another kind or key' }
  const application = applicationOf(document)
  return { value: { application, credential: { clientId: application.clientId, proof } } }
}

function proofOf(
  asked: ApplicationRequest['auth'],
  given: CreatedApplicationDocument['credentials'],
): Credential['proof'] | undefined {
  if (asked.type === 'ClientSecret') {
    return given.type === 'CLIENT_SECRET'
      ? { type: asked.type, clientSecret: new Redacted(given.client_secret) }
      : undefined
  }
  const { type, kid, privateKeyPem, privateKeyJwk } = asked
  return given.type === type && given.kid === kid ? { type, kid, privateKeyPem, privateKeyJwk } : undefined
}

/** Told apart from other rejections: the tenant may have been deleted by somebody, or be too new to be known everywhere. */
function unknownTenant(tenantId: string): Failure {
  const message = `the control plane does not know the tenant ${tenantId} (404 to createTenantApplication): see whether somebody deleted it`
  return new Failure('TenantNotReady', 'wait', message)
}
