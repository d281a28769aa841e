// Which call a method and a path mean.
import type { OperationName } from './operations.ts'
import { isOperationName, OPERATIONS } from './operations.ts'
import type { World } from './world.ts'
import { BASE_PATH, isAuthServer, ORGANIZATION_AUTH_SERVER } from './world.ts'

export type Route =
  | {
      readonly kind: 'operation'
      readonly op: OperationName
      readonly tenantId: string
      readonly applicationId: string
    }
  | { readonly kind: 'token'; readonly op: 'organizationToken' | 'applicationToken'; readonly authServer: string }
  | { readonly kind: 'unknown'; readonly op: 'unknown' }

const TOKEN_PATH = /^\/oauth2\/([^/]+)\/v1\/token$/

const PATTERNS = Object.keys(OPERATIONS)
  .filter(isOperationName)
  .map((op) => {
    const { method, path } = OPERATIONS[op]
    const pattern = new RegExp(`^${BASE_PATH}${path.replaceAll(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`)
    return { op, method, pattern }
  })

/** The call, by the path alone for a token, by method and path for an operation. */
export function findRoute(world: World, method: string, path: string): Route {
  const authServer = method === 'POST' ? TOKEN_PATH.exec(path)?.[1] : undefined
  if (authServer !== undefined && isAuthServer(world, authServer)) {
    const op = authServer === ORGANIZATION_AUTH_SERVER ? 'organizationToken' : 'applicationToken'
    return { kind: 'token', op, authServer }
  }
  for (const row of PATTERNS) {
    const groups = row.method === method ? row.pattern.exec(path) : null
    if (groups) {
      const { tenant_id: tenantId = '', application_id: applicationId = '' } = groups.groups ?? {}
      return { kind: 'operation', op: row.op, tenantId, applicationId }
    }
  }
  return { kind: 'unknown', op: 'unknown' }
}
