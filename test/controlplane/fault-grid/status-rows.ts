// Rows of every class of status, as the control plane or something on the way to it says them.
import { MARKER } from './modes.ts'
import type { Row } from './row.ts'
import {
  always,
  AMBIGUOUS,
  CREDENTIAL_REJECTED,
  first,
  FORBIDDEN,
  LIMITED,
  REJECTED,
  row,
  UNAUTHORIZED,
  UNAVAILABLE,
} from './row.ts'

const headers = { 'Content-Type': 'application/json', 'X-Marker': MARKER }
const status = (status: number, more: object = {}) => ({
  kind: 'status',
  status,
  headers,
  body: JSON.stringify({ message: MARKER }),
  ...more,
})

/** An answer that is none, to each: asked again only where that may help. */
const strange = (repeated: 1 | 4) =>
  ({
    create: [AMBIGUOUS, 1, 0],
    read: [UNAVAILABLE, repeated, 0],
    delete: [UNAVAILABLE, repeated, 0],
    token: [UNAVAILABLE, 1, 0],
  }) as const

/** Statuses of success that are not the one of the contract: what was asked for may be done. */
const OTHER_SUCCESSES = [202]
/** Said by a proxy, or of the moment: see the rules for a create. */
const PASSING = [407, 408, 425, 499]
/** A create may be refused with these alone. */
const SAYING_NO = [409, 415, 422]
const OTHER_NOES = [402, 410, 423, 451]
const SERVER_ERRORS = [500, 502, 503, 504, 520]

const refused = (create: string) =>
  ({
    create: [create, 1, 0],
    read: [REJECTED, 1, 0],
    delete: [REJECTED, 1, 0],
    token: [UNAVAILABLE, 1, 0],
  }) as const

const happened = {
  create: [AMBIGUOUS, 1, 1],
  read: [UNAVAILABLE, 4, 4],
  delete: [UNAVAILABLE, 4, 1],
  token: [UNAVAILABLE, 1, 1],
} as const

const limited = (ms: number) =>
  ({
    create: [`rejected ${LIMITED(ms)}`, 1, 0],
    read: [LIMITED(ms), 1, 0],
    delete: [LIMITED(ms), 1, 0],
    token: [LIMITED(ms), 1, 0],
  }) as const

const later = (value: string) =>
  always(status(429, { headers: { 'Retry-After': value, 'X-Marker': MARKER }, body: '' }))

/** A passing trouble whose end is announced. */
const announced = (ms: number) =>
  ({
    create: [`${AMBIGUOUS} +${ms}`, 1, 0],
    read: [`${UNAVAILABLE} +${ms}`, 1, 0],
    delete: [`${UNAVAILABLE} +${ms}`, 1, 0],
    token: [`${UNAVAILABLE} +${ms}`, 1, 0],
  }) as const

const unavailable = (value: string) => always(status(503, { headers: { 'Retry-After': value } }))

/** An OAuth endpoint's words; the other operations hear no more than the status. */
const oauth = (code: number, error: string) =>
  always(status(code, { body: JSON.stringify({ error, error_description: MARKER }) }))

const page = (code: number) =>
  always(status(code, { headers: { 'Content-Type': 'text/html' }, body: `<html>${MARKER}</html>` }))

const NO_TOKEN = { token: [CREDENTIAL_REJECTED, 1, 0] } as const
const unauthorized = {
  create: ['rejected Unauthorized retry', 1, 0],
  read: [UNAUTHORIZED, 2, 0],
  delete: [UNAUTHORIZED, 2, 0],
  ...NO_TOKEN,
} as const
const forbidden = {
  create: [`rejected ${FORBIDDEN}`, 1, 0],
  read: [FORBIDDEN, 1, 0],
  delete: [FORBIDDEN, 1, 0],
  token: [UNAVAILABLE, 1, 0],
} as const
/** A page that is refused is asked for again without a limit. */
const badRequest = { ...refused(`rejected ${REJECTED}`), getTenants: [REJECTED, 2, 0] } as const
const absent = {
  createTenant: [`rejected ${REJECTED}`, 1, 0],
  createTenantApplication: ['rejected TenantNotReady wait', 1, 0],
  read: ['nothing', 1, 0],
  getTenants: [REJECTED, 1, 0],
  delete: ['absent', 1, 0],
  token: [UNAVAILABLE, 1, 0],
} as const

export const STATUS_ROWS: readonly Row[] = [
  row('a 200 with something else', always(status(200)), strange(1)),
  row('a 201 with something else', always(status(201)), strange(1)),
  row('a 204', always(status(204)), { ...strange(1), delete: ['deleted', 1, 0] }),
  ...OTHER_SUCCESSES.map((code) => row(`a ${code}`, always(status(code)), strange(1))),
  row('a 202 after the effect', always(status(202, { when: 'after' })), {
    create: [AMBIGUOUS, 1, 1],
    read: [UNAVAILABLE, 1, 1],
    delete: [UNAVAILABLE, 1, 1],
    token: [UNAVAILABLE, 1, 1],
  }),
  ...[300, 304].map((code) => row(`a ${code}`, always(status(code)), strange(1))),
  ...[301, 302, 307, 308].map((code) =>
    row(
      `a ${code} to another server`,
      always({ kind: 'redirect', status: code, location: `https://${MARKER}.example/v0` }),
      strange(1),
    ),
  ),
  row('a redirect to nowhere', always({ kind: 'redirect', location: 'http://[' }), strange(1)),
  row('a redirect after the effect', always({ kind: 'redirect', location: '/', when: 'after' }), {
    create: [AMBIGUOUS, 1, 1],
    read: [UNAVAILABLE, 1, 1],
    delete: [UNAVAILABLE, 1, 1],
    token: [UNAVAILABLE, 1, 1],
  }),

  row('a 400', always(status(400)), badRequest),
  row('a 401', always(status(401)), unauthorized),
  row('one 401', first(status(401)), {
    create: ['rejected Unauthorized retry', 1, 0],
    read: ['value', 2, 1],
    delete: ['deleted', 2, 1],
    ...NO_TOKEN,
  }),
  row('a 403', always(status(403)), forbidden),
  row('a 404', always(status(404)), absent),
  ...SAYING_NO.map((code) => row(`a ${code}`, always(status(code)), refused(`rejected ${REJECTED}`))),
  ...OTHER_NOES.map((code) => row(`a ${code}`, always(status(code)), refused(`ambiguous ${REJECTED}`))),
  ...PASSING.map((code) => row(`a ${code}`, always(status(code)), strange(1))),
  ...SERVER_ERRORS.map((code) => row(`a ${code}`, always(status(code)), strange(4))),
  ...[500, 502, 504].map((code) =>
    row(`a ${code} after the effect`, always(status(code, { when: 'after' })), happened),
  ),
  row('one 503', first(status(503)), {
    create: [AMBIGUOUS, 1, 0],
    read: ['value', 2, 1],
    delete: ['deleted', 2, 1],
    token: [UNAVAILABLE, 1, 0],
  }),
  row('one 502 after the effect', first(status(502, { when: 'after' })), {
    create: [AMBIGUOUS, 1, 1],
    read: ['value', 2, 2],
    delete: ['absent', 2, 1],
    token: [UNAVAILABLE, 1, 1],
  }),

  row('a 429', always({ kind: 'status', status: 429 }), limited(1_000)),
  row('a 429 for 30 s', later('30'), limited(30_000)),
  row('a 429 until a date', later('Thu, 01 Jan 2026 00:00:45 GMT'), limited(45_000)),
  row('a 429 until a date that has passed', later('Wed, 31 Dec 2025 00:00:00 GMT'), limited(1_000)),
  row('a 429 for a year', later('31536000'), limited(300_000)),
  row('a 429 until nobody knows', later(MARKER), limited(1_000)),
  row('a 503 for 20 s', unavailable('20'), announced(20_000)),
  row('a 503 until nobody knows', unavailable('-1'), strange(4)),

  row('a 400 that refuses the client', oauth(400, 'invalid_client'), { ...badRequest, ...NO_TOKEN }),
  row('a 400 that refuses the scope', oauth(400, 'invalid_scope'), { ...badRequest, ...NO_TOKEN }),
  row('a 401 that refuses the client', oauth(401, 'invalid_client'), unauthorized),
  row('a 403 that refuses the client', oauth(403, 'unauthorized_client'), { ...forbidden, ...NO_TOKEN }),
  row('a 400 in unknown words', oauth(400, MARKER), badRequest),
  row('a 500 that refuses the client', oauth(500, 'invalid_client'), strange(4)),

  row('a page with 201', page(201), strange(1)),
  row('a page with 401', page(401), unauthorized),
  row('a page with 403', page(403), forbidden),
  row('a page with 502', page(502), strange(4)),
]
