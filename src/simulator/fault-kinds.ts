// What can go wrong, one entry per kind: what it takes and what it does to one exchange. New kinds are added here.
import { Ajv } from 'ajv'
import type { Answer } from './answers.ts'
import { refusal } from './answers.ts'
import type { FaultMatch } from './fault-match.ts'
import { MATCH_PROPERTIES } from './fault-match.ts'

/** One call and the ways to treat it. A kind uses them in any order, not at all, or more than once. */
export type Exchange = {
  /** Carries the call out as if nothing were wrong; refusals are answers too. Each call of it has its effect. */
  perform(): Promise<Answer>
  send(answer: Answer): Promise<void>
  /** Closes the connection without an answer. */
  hangUp(): void
  /** Waits; rejects when the simulator is closed meanwhile. */
  sleep(ms: number): Promise<void>
}

/** What a fault does. `proceed` hands over to the next fault of the same call, in the end to performing and sending. */
export type Act = (exchange: Exchange, proceed: (inner: Exchange) => Promise<void>) => Promise<void>

/** A fault as it was asked for, understood. */
export type BoundFault = { readonly match: FaultMatch; readonly act: Act }

/** Understands a request for a fault of one kind. Throws a refusal (400) that says what is wrong with it. */
type FaultKind = (request: unknown) => BoundFault

type Timing = { readonly when?: 'before' | 'after' }

const ajv = new Ajv({ formats: { regex: isRegExp } })
const when = { enum: ['before', 'after'] }

/** Kinds that take `when` happen `before` the call takes effect (the default), so that it never does, or `after`. */
const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  /** Answers with `status`, `headers` and `body` instead: a proxy's 502, a 429 with `Retry-After`. */
  status: defineKind<Answer & Timing>(
    {
      status: { type: 'integer', minimum: 200, maximum: 599 },
      headers: { type: 'object', additionalProperties: { type: 'string' } },
      body: { type: 'string' },
      when,
    },
    ['status'],
    async ({ status, headers = {}, body = '', when }, exchange) => {
      if (when === 'after') await exchange.perform()
      await exchange.send({ status, headers, body })
    },
  ),

  /** Closes the connection without an answer. */
  close: defineKind<Timing>({ when }, [], async ({ when }, exchange) => {
    if (when === 'after') await exchange.perform()
    exchange.hangUp()
  }),

  /** Takes `seconds` longer: before the effect, or between the effect and the answer. */
  delay: defineKind<Timing & { readonly seconds: number }>(
    { seconds: { type: 'number', minimum: 0 }, when },
    ['seconds'],
    async ({ seconds, when }, exchange, proceed) => {
      const pause = () => exchange.sleep(seconds * 1000)
      if (when === 'after') {
        return proceed({ ...exchange, send: (answer) => pause().then(() => exchange.send(answer)) })
      }
      await pause()
      await proceed(exchange)
    },
  ),
}

/** Understands a request for a fault, by its `kind`. Throws a refusal (400) that says what is wrong with it. */
export function bindFault(request: unknown): BoundFault {
  const kind = typeof request === 'object' && request && 'kind' in request ? String(request.kind) : ''
  const bind = Object.hasOwn(FAULT_KINDS, kind) ? FAULT_KINDS[kind] : undefined
  if (!bind) throw refusal(400, `kind must be one of ${Object.keys(FAULT_KINDS).join(', ')}`)
  return bind(request)
}

function defineKind<P>(
  properties: { readonly [K in keyof P]-?: object },
  required: readonly (keyof P)[],
  act: (parameters: P, ...rest: Parameters<Act>) => Promise<void>,
): FaultKind {
  const isRequest = ajv.compile<FaultMatch & P>({
    type: 'object',
    properties: { kind: { type: 'string' }, ...MATCH_PROPERTIES, ...properties },
    required: ['kind', ...required],
    additionalProperties: false,
  })
  return (request) => {
    if (isRequest(request)) return { match: request, act: (...rest) => act(request, ...rest) }
    throw refusal(400, ajv.errorsText(isRequest.errors, { dataVar: 'fault' }))
  }
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
