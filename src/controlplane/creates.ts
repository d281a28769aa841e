// The outcome classes of a create. Source: docs/api.md, "Steps".
import type { CreateOutcome } from '../controllers/ports.ts'
import type { ApiOperation } from './failures.ts'
import { failureOfShape, failureOfStaleToken, failureOfStatus } from './failures.ts'
import type { Posted } from './management-api.ts'

/** With these the control plane itself says no. Any other, a proxy may have said after the request had passed it. */
const REJECTED: ReadonlySet<number> = new Set([400, 401, 403, 404, 409, 415, 422, 429])

/** What was created, or why the body of a 201 does not prove that it is what was asked for. */
export type ReadCreated<T> = (body: string) => { readonly value: T } | { readonly problem: string }

/** `created` only after a 201 whose body `read` accepts; `rejected` and `notSent` only where nothing can have been made. */
export function outcomeOf<T>(operation: ApiOperation, posted: Posted, read: ReadCreated<T>): CreateOutcome<T> {
  if (posted.result !== 'answered') {
    return { outcome: posted.result === 'lost' ? 'ambiguous' : 'notSent', failure: posted.failure }
  }
  const { status, text, retryAfterMs } = posted.answer
  if (status === 201) {
    const created = read(text)
    if ('value' in created) return { outcome: 'created', value: created.value }
    return { outcome: 'ambiguous', failure: failureOfShape(operation, created.problem) }
  }
  const failure = posted.isTokenStale
    ? failureOfStaleToken(operation)
    : failureOfStatus(operation, status, retryAfterMs)
  return { outcome: REJECTED.has(status) ? 'rejected' : 'ambiguous', failure }
}
