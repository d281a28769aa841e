// Which calls a fault meets.

/** What is known of a call when faults are chosen: before anything was checked. */
export type Subject = {
  readonly op: string
  readonly method: string
  readonly path: string
  /** Name of the tenant that the call is about. */
  readonly tenant: string | undefined
  /** The client id that calls. */
  readonly client: string | undefined
}

/** Each condition that is given must hold. */
export type FaultMatch = {
  /** An operation, `organizationToken`, `applicationToken`, `token` for both, or `any`. */
  readonly op?: string
  readonly method?: string
  /** A regular expression, found anywhere in the path. */
  readonly path?: string
  readonly tenant?: string
  readonly client?: string
  /** Lets this many matching calls pass first. */
  readonly after?: number
  /** Meets this many calls, one when it is not given; -1: every one. */
  readonly count?: number
}

/** JSON schema of each part of a {@link FaultMatch}. */
export const MATCH_PROPERTIES = {
  op: { type: 'string' },
  method: { type: 'string' },
  path: { type: 'string', format: 'regex' },
  tenant: { type: 'string' },
  client: { type: 'string' },
  after: { type: 'integer', minimum: 0 },
  count: { type: 'integer', minimum: -1 },
} as const

export function matches(match: FaultMatch, call: Subject): boolean {
  const { op = 'any', method, path, tenant, client } = match
  const opMatches = op === 'any' || op === call.op || (op === 'token' && call.op.endsWith('Token'))
  return (
    opMatches &&
    (method === undefined || method === call.method) &&
    (path === undefined || new RegExp(path).test(call.path)) &&
    (tenant === undefined || tenant === call.tenant) &&
    (client === undefined || client === call.client)
  )
}
