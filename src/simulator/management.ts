// A call to the management API up to its operation: rate, token, scope, content type, body, in this order.
import type { Answer } from './answers.ts'
import { Refusal, refusal } from './answers.ts'
import type { Lag } from './lag.ts'
import { OPERATIONS } from './operations.ts'
import type { RateLimit } from './rate-limit.ts'
import { parseJson } from './request-bodies.ts'
import type { Route } from './routes.ts'
import type { Grant, World } from './world.ts'

export type ManagementRequest = {
  readonly route: Extract<Route, { kind: 'operation' }>
  readonly query: URLSearchParams
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
  readonly lag?: Lag
}

/** What the token of a request grants, if it is one of ours and has not expired. */
export function findGrant(world: World, authorization: string | undefined): Grant | undefined {
  const token = /^bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(authorization ?? '')?.[1]
  return token === undefined ? undefined : world.grants.get(token, world.clock.now())
}

/** Carries out one call. Throws a {@link Refusal} when it may not be, without any effect. */
export function answerManagementRequest(world: World, limit: RateLimit, request: ManagementRequest): Answer {
  const { settings, clock } = world
  const waitMs = limit.take(clock.monotonic(), settings.requestsPerSecond, settings.burst)
  if (waitMs > 0) throw tooMany(settings.retryAfter ? Math.ceil(waitMs / 1000) : undefined)

  const { query, lag = {}, route } = request
  const { tenantId, applicationId, op } = route
  const operation = OPERATIONS[op]
  authorize(world, findGrant(world, request.authorization), operation.scope)

  const isCreate = operation.method === 'POST'
  if (isCreate && !isJson(request.contentType)) throw refusal(415, 'the content type must be application/json')
  const body = isCreate ? parseJson(request.body) : undefined
  return operation.run({ world, tenantId, applicationId, query, body, lag })
}

function authorize(world: World, grant: Grant | undefined, scope: string): void {
  if (!grant) {
    throw refusal(401, 'the token is missing, unknown or expired', {
      'WWW-Authenticate': 'Bearer error="invalid_token"',
    })
  }
  if (grant.client.kind !== 'organization') {
    throw refusal(world.settings.foreignTokenStatus, 'tokens of tenant applications do not work here')
  }
  if (!grant.scopes.includes(scope)) throw refusal(403, `the token lacks the scope ${scope}`)
}

function isJson(contentType: string | undefined): boolean {
  return contentType?.split(';')[0]?.trim().toLowerCase() === 'application/json'
}

/** 429 has no body (contract, "Operations"). */
function tooMany(retryAfterSeconds: number | undefined): Refusal {
  const headers = retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }
  return new Refusal({ status: 429, headers }, 'too many calls')
}
