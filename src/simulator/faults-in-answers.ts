// Faults in what the client is answered.
import type { Answer } from './answers.ts'
import type { Timing } from './fault-kind.ts'
import { defineKind, STATUS_CODE, WHEN } from './fault-kind.ts'
import type { Spoiling } from './spoiled-answers.ts'
import { padded, SPOILED, spoiled } from './spoiled-answers.ts'

const TEXT = { type: 'string' }
const POINTER = { type: 'string', pattern: '^/' }

export const STATUS = defineKind<Pick<Answer, 'status' | 'headers'> & { readonly body?: string } & Timing>({
  about: 'answers with this instead: a 502 of a proxy, a 429 with Retry-After',
  properties: {
    status: STATUS_CODE,
    headers: { type: 'object', additionalProperties: TEXT },
    body: TEXT,
    when: WHEN,
  },
  required: ['status'],
  async act({ status, headers = {}, body = '', when }, exchange) {
    if (when === 'after') await exchange.perform()
    await exchange.send({ status, headers, body })
  },
})

export const REDIRECT = defineKind<{ readonly status?: number; readonly location: string } & Timing>({
  about: 'answers with a redirect (307 unless a status is given) to a location',
  properties: { status: { enum: [301, 302, 303, 307, 308] }, location: TEXT, when: WHEN },
  required: ['location'],
  async act({ status = 307, location, when }, exchange) {
    if (when === 'after') await exchange.perform()
    await exchange.send({ status, headers: { Location: location } })
  },
})

export const INVALID = defineKind<Spoiling>({
  about: `answers with the right status and a wrong body: the one given, or the right one as ${SPOILED.join(', ')} (default: notJson), with values set or without some, by JSON pointer; with another contentType`,
  properties: {
    as: { enum: SPOILED },
    body: TEXT,
    contentType: TEXT,
    set: { type: 'object', propertyNames: POINTER },
    without: { type: 'array', items: POINTER },
  },
  async act(how, exchange, proceed) {
    const anotherId = (id: string) => exchange.anotherId(id)
    await proceed({ ...exchange, send: (answer) => exchange.send({ ...answer, ...spoiled(answer, how, anotherId) }) })
  },
})

/** One more than what a client should be ready to read. */
const TOO_MANY_BYTES = 1_048_577

export const OVERSIZED = defineKind<{ readonly bytes?: number }>({
  about: `answers with a body of so many bytes (${TOO_MANY_BYTES}): the right one and white space`,
  properties: { bytes: { type: 'integer', minimum: 1, maximum: 268_435_456 } },
  async act({ bytes = TOO_MANY_BYTES }, exchange, proceed) {
    await proceed({ ...exchange, send: (answer) => exchange.send({ ...answer, ...padded(answer, bytes) }) })
  },
})

export const CUT = defineKind<{ readonly bytes?: number } & Timing>({
  about: 'answers with the headers and so many bytes of the body (half of it), then cuts; after the effect by default',
  properties: { bytes: { type: 'integer', minimum: 0 }, when: WHEN },
  async act({ bytes, when = 'after' }, exchange, proceed) {
    const send = (answer: Answer) =>
      exchange.send({ ...answer, cutAfter: bytes ?? Math.floor(Buffer.byteLength(answer.body ?? '') / 2) })
    if (when === 'after') return proceed({ ...exchange, send })
    // What is cut off would have said what was not done.
    const body = exchange.success === 204 ? '' : JSON.stringify({ id: exchange.anotherId('') })
    await send({ status: exchange.success, headers: { 'Content-Type': 'application/json' }, body })
  },
})

export const CLOSE = defineKind<{ readonly reset?: boolean } & Timing>({
  about: 'closes the connection without an answer, or resets it',
  properties: { reset: { type: 'boolean' }, when: WHEN },
  async act({ reset, when }, exchange) {
    if (when === 'after') await exchange.perform()
    exchange.hangUp(reset)
  },
})
