// What may come of a hostile answer: the valid data and nothing else, or a failure that may be shown to anybody.
import { isReason } from '../../src/api/reasons.ts'
import type { Failure } from '../../src/errors.ts'
import { Redacted } from '../../src/redacted.ts'
import { MARKER } from '../controlplane/fault-grid/modes.ts'
import type { Answer } from './answer.ts'
import type { Told } from './operations.ts'

/** What came of one answer. */
export type Seen = {
  readonly told: Told
  /** POSTs that may have made something. */
  readonly creates: number
  /** What the last call of the API carried. */
  readonly bearer: string | undefined
  readonly lines: readonly string[]
}

/** What no person sees, and a terminal obeys. */
export const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u
/** Tokens, assertions and keys are longer than any word. */
const LONG = /[A-Za-z0-9_+/=-]{40,}/
const SECRET = new RegExp(`${MARKER}|Bearer|Basic|BEGIN`, 'i')
const MOST_CHARACTERS = 400

/** With these the control plane itself says no to a create. Source: docs/reliability.md, "Steps". */
const DEFINITE = new Set([400, 401, 403, 404, 409, 415, 422, 429])

/** What text may not be told as it is: nothing where it may. */
export function unfitToTell(text: string): string[] {
  return [
    ...(text.length > MOST_CHARACTERS ? [`${text.length} characters`] : []),
    ...(UNPRINTABLE.test(text) ? ['characters that nobody sees'] : []),
    ...(SECRET.test(text) || LONG.test(text) ? ['a secret'] : []),
  ]
}

/** What is wrong with what came of an answer. */
export function problemsOf(answer: Answer, { told, creates, bearer, lines }: Seen): string[] {
  const { operation, must } = answer
  const isNeverSent = operation.column === 'organizationToken' && told.told === 'failed'
  const expectedCreates = operation.isCreate || (operation.column === 'organizationToken' && !isNeverSent) ? 1 : 0
  return [
    ...(must === 'either' || told.told === TOLD[must] ? [] : [`${told.told} instead of ${must}`]),
    ...(creates === expectedCreates ? [] : [`${creates} creates instead of ${expectedCreates}`]),
    ...(told.told === 'failed' ? wrongFailure(answer, told) : []),
    ...(told.told === 'taken' ? wrongData(answer, told.data, bearer) : []),
    ...lines.flatMap((line) => unfitToTell(line.trimEnd()).map((what) => `a log line has ${what}`)),
    ...('polluted' in {} ? ['a prototype is polluted'] : []),
  ]
}

const TOLD = { succeed: 'taken', fail: 'failed', absent: 'absent' } as const

function wrongFailure(answer: Answer, { outcome, failure }: Extract<Told, { told: 'failed' }>): string[] {
  const expected = outcomeOf(answer)
  return [
    ...(isReason(failure.code) ? [] : [`the code ${failure.code} is no reason`]),
    ...unfitToTell(failure.message).map((what) => `the message has ${what}`),
    ...(hasRetry(failure) ? [] : [`to come back after ${failure.retryAfterMs} ms`]),
    ...(outcome === expected ? [] : [`${outcome} instead of ${expected}`]),
  ]
}

/** Whatever is no definite no may have made something. */
function outcomeOf({ operation, sent }: Answer): string | undefined {
  if (operation.column === 'organizationToken') return 'notSent'
  if (!operation.isCreate) return undefined
  return 'whole' in sent && DEFINITE.has(sent.whole.status) ? 'rejected' : 'ambiguous'
}

function hasRetry({ retryAfterMs = 0 }: Failure): boolean {
  return Number.isFinite(retryAfterMs) && retryAfterMs >= 0 && retryAfterMs <= 300_000
}

function wrongData({ operation, sent }: Answer, data: unknown, bearer: string | undefined): string[] {
  const text = 'whole' in sent ? Buffer.from(sent.whole.body()).toString() : undefined
  const document = (text ? JSON.parse(text.replace(/^\ufeff/, '')) : operation.document) as never
  const given = operation.column === 'organizationToken' ? (operation.document as never) : document
  const expected = operation.made(given)
  const isToken = operation.column === 'organizationToken'
  const token = isToken ? `Bearer ${(document as { access_token: string }).access_token}` : bearer
  return [
    ...(JSON.stringify(withoutOptional(data)) === JSON.stringify(expected) ? [] : ['other data than was sent']),
    ...(token === bearer ? [] : ['another token than was sent']),
    ...unfitData(data),
  ]
}

function withoutOptional(data: unknown): unknown {
  if (Array.isArray(data)) return data.map(withoutOptional)
  if (typeof data !== 'object' || data === null) return data
  const { links: _, tokenUrl: __, ...rest } = data as Record<string, unknown>
  return rest
}

/** As much of each as a status has room for. Source: crds/. */
const ROOM: Readonly<Record<string, number>> = { id: 1_024, clientId: 1_024, createdAt: 64, cell: 64, host: 2_048 }
const MOST_ITEMS = 64
/** A whole answer has to fit into a journal: the API server takes 256 KiB of annotations. */
const MOST_OF_ONE = 65_536

function unfitData(data: unknown): string[] {
  if (Array.isArray(data)) return data.flatMap(unfitData)
  if (typeof data !== 'object' || data === null) return []
  const { links = [], cells = [], scopes = [] } = data as Record<string, readonly { readonly cell: string }[]>
  const size = JSON.stringify(data).length
  const texts = textsIn(data)
  return [
    ...texts.filter(([, text]) => UNPRINTABLE.test(text)).map(([key]) => `${key} has characters that nobody sees`),
    ...texts
      .filter(([key, text]) => text.length > (ROOM[key] ?? Infinity))
      .map(([key, { length }]) => `${key} has ${length} characters`),
    ...([links, cells, scopes].every(({ length }) => length <= MOST_ITEMS) ? [] : ['a list is too long']),
    ...(new Set(links.map(({ cell }) => cell)).size === links.length ? [] : ['two links of one cell']),
    ...(size <= MOST_OF_ONE ? [] : [`it has ${size} characters`]),
  ]
}

function textsIn(value: unknown, key = ''): [key: string, text: string][] {
  if (typeof value === 'string') return [[key, value]]
  if (typeof value !== 'object' || value === null || value instanceof Redacted) return []
  return Object.entries(value).flatMap(([name, part]) => textsIn(part, Array.isArray(value) ? key : name))
}
