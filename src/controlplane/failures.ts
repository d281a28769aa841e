// What an answer of the management API that is not the one hoped for means, as a failure that says what to do.
import type { Reason } from '../api/reasons.ts'
import { isReason } from '../api/reasons.ts'
import type { Disposition } from '../errors.ts'
import { Failure } from '../errors.ts'
import type { Operation } from './metrics.ts'
import { NoAnswer } from './no-answer.ts'

/** An operation of the management API. */
export type ApiOperation = Exclude<Operation, 'organizationToken' | 'applicationToken'>

/** Source: the contract, "Operations". */
const SCOPE_OF: Readonly<Record<ApiOperation, string>> = {
  createTenant: 'tenants.write',
  getTenants: 'tenants.read',
  getTenant: 'tenants.read',
  deleteTenant: 'tenants.write',
  createTenantApplication: 'tenants.applications.write',
  getTenantApplications: 'tenants.applications.read',
  getTenantApplication: 'tenants.applications.read',
  deleteTenantApplication: 'tenants.applications.write',
}

/** What the organization's token is good for: all that the operations need, and no more. */
export const ORGANIZATION_SCOPES: readonly string[] = [...new Set(Object.values(SCOPE_OF))]

/** Client errors by status that tell of a path between here and there, or of bad timing, not of the request. */
const PASSING = new Set([407, 408, 425, 499])

/** The failure for an answer that `operation` does not end well with. `retryAfterMs` as the control plane asked for. */
export function failureOfStatus(operation: ApiOperation, status: number, retryAfterMs?: number): Failure {
  const options = retryAfterMs === undefined ? {} : { retryAfterMs }
  const failure = (code: Reason, disposition: Disposition, message: string) =>
    new Failure(code, disposition, message, options)
  const answered = `the control plane answers ${operation} with ${status}`
  switch (status) {
    case 401:
      return failure(
        'Unauthorized',
        'wait',
        `${answered}: check that the credential in credentials-dir belongs to this control plane`,
      )
    case 403:
      return failure(
        'Forbidden',
        'wait',
        `${answered}: have the scope ${SCOPE_OF[operation]} granted to the organization's application`,
      )
    case 429:
      return rateLimited('the control plane', retryAfterMs)
  }
  if (status >= 400 && status < 500 && !PASSING.has(status)) {
    return failure('Rejected', 'stall', `${answered}: compare what was asked for with what the vendor allows`)
  }
  return failure('ControlPlaneUnavailable', 'retry', `${answered}: ${remedyOf(status)}`)
}

/** The failure for a server that asks for fewer requests: the same for all calls, which all have to wait. */
export function rateLimited(server: string, retryAfterMs?: number): Failure {
  const message = `${server} asks for fewer requests (429): if that lasts, lower requests-per-second or see who shares its limit`
  return new Failure('RateLimited', 'retry', message, retryAfterMs === undefined ? {} : { retryAfterMs })
}

function remedyOf(status: number): string {
  if (status === 407) return 'give HTTPS_PROXY a user and a password'
  if (status >= 500) return 'it is tried again'
  return 'check control-plane-url and what lies between here and there'
}

/** The failure for `operation` when no whole answer came. */
export function failureOfSilence(operation: ApiOperation, cause: NoAnswer): Failure {
  const { why } = cause
  const message = `the control plane does not answer ${operation} (${why}): ${remedyOfSilence(why)}`
  return new Failure('ControlPlaneUnavailable', 'retry', message, { cause })
}

function remedyOfSilence(why: string): string {
  if (why === 'ERR_PROXY_TUNNEL') return 'have the proxy in HTTPS_PROXY let it through, or exempt its host in NO_PROXY'
  if (/CERT|SIGNATURE/.test(why)) return 'name the private CA in NODE_EXTRA_CA_CERTS'
  return 'check control-plane-url, the network and the proxy'
}

/** The failure for a POST that has no answer, whatever it was that kept it from one: given up by the caller, too. */
export function failureOfPost(operation: ApiOperation, cause: unknown): Failure {
  if (cause instanceof NoAnswer) return failureOfSilence(operation, cause)
  if (cause instanceof Failure && isReason(cause.code)) return cause
  return new Failure('ControlPlaneUnavailable', 'retry', `${operation} was given up before it was sent`, { cause })
}

/** The failure for a POST that was refused with a token which others may have used successfully until now. */
export function failureOfStaleToken(operation: ApiOperation): Failure {
  const message = `the control plane refused the organization's token for ${operation} (401): it is tried again with a new one`
  return new Failure('Unauthorized', 'retry', message)
}

/** The failure for an answer to `operation` that does not have the contract's shape. `problem` holds nothing of it. */
export function failureOfShape(operation: ApiOperation, problem: string): Failure {
  const message = `the control plane's answer to ${operation} is not what the contract says (${problem}): check control-plane-url, or report it to the vendor`
  return new Failure('ControlPlaneUnavailable', 'retry', message)
}
