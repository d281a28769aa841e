// The frame of each kind of fault: the exchange that it acts on, and how a request for it is understood.
import { Ajv } from 'ajv'
import type { Answer } from './answers.ts'
import { refusal } from './answers.ts'
import type { FaultMatch } from './fault-match.ts'
import { MATCH_PROPERTIES } from './fault-match.ts'
import type { Lag } from './lag.ts'

/** What is sent. `cutAfter`: the connection is cut after so many bytes of the body, or within the headers where there is none. */
export type Sent = Answer & { readonly cutAfter?: number }

/** One call and the ways to treat it. A kind uses them in any order, not at all, or more than once. */
export type Exchange = {
  /** The status of an answer when all is well. */
  readonly success: number
  /** Carries the call out as if nothing were wrong; refusals are answers too. Each call of it has its effect. */
  perform(): Promise<Answer>
  send(answer: Sent): Promise<void>
  /** Closes the connection without an answer; `reset`: with a TCP reset. */
  hangUp(reset?: boolean): void
  /** Waits; rejects when the simulator is closed meanwhile. */
  sleep(ms: number): Promise<void>
  /** Resolves when the client has gone away; rejects when the simulator is closed before. */
  gone(): Promise<void>
  /** From now on the world lags behind what {@link perform} does; what is said last counts. */
  lag(lag: Lag): void
  /** The id of another tenant or application than the one with this id, whichever that is; a new one when there is none. */
  anotherId(id: string): string
}

/** What a fault does. `proceed` hands over to the next fault of the same call, in the end to performing and sending. */
export type Act = (exchange: Exchange, proceed: (inner: Exchange) => Promise<void>) => Promise<void>

/** A fault as it was asked for, understood. */
export type BoundFault = {
  readonly match: FaultMatch
  /** The operations that it can meet at all; absent: all. */
  readonly ops: readonly string[] | undefined
  readonly act: Act
}

export type FaultKind = {
  /** One line for people. */
  readonly about: string
  /** Names of what it takes. */
  readonly takes: readonly string[]
  /** Understands a request for a fault of this kind. Throws a refusal (400) that says what is wrong with it. */
  readonly bind: (request: unknown) => BoundFault
}

/** Whether something happens `before` the call takes effect, so that it never does, or `after`. */
export type Timing = { readonly when?: 'before' | 'after' }

export const WHEN = { enum: ['before', 'after'] }
export const SECONDS = { type: 'number', minimum: 0 }
export const STATUS_CODE = { type: 'integer', minimum: 200, maximum: 599 }

type KindOptions<P> = {
  readonly about: string
  /** JSON schema of each parameter. */
  readonly properties: { readonly [K in keyof P]-?: object }
  readonly required?: readonly (keyof P & string)[]
  readonly ops?: readonly string[]
  readonly act: (parameters: P, ...rest: Parameters<Act>) => Promise<void>
}

const ajv = new Ajv({ formats: { regex: isRegExp } })

export function defineKind<P>({ about, properties, required = [], ops, act }: KindOptions<P>): FaultKind {
  const isRequest = ajv.compile<FaultMatch & P>({
    type: 'object',
    properties: { kind: { type: 'string' }, ...MATCH_PROPERTIES, ...properties },
    required: ['kind', ...required],
    additionalProperties: false,
  })
  return {
    about,
    takes: Object.keys(properties),
    bind(request) {
      if (isRequest(request)) return { match: request, ops, act: (...rest) => act(request, ...rest) }
      throw refusal(400, ajv.errorsText(isRequest.errors, { dataVar: 'fault' }))
    },
  }
}

function isRegExp(source: string): boolean {
  try {
    return new RegExp(source) instanceof RegExp
  } catch {
    return false
  }
}
