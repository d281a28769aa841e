// What a hostile answer is: to which operation, what the server writes, and what may come of it.
import { MARKER } from '../controlplane/fault-grid/modes.ts'
import type { Operation } from './operations.ts'
import type { Wire } from './wires.ts'

/** An answer that is whole as HTTP goes. Its body is made when it is sent: all of them at once are too much. */
export type Whole = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: () => string | Uint8Array
}

export type Answer = {
  readonly operation: Operation
  /** Of its own, in its operation. */
  readonly what: string
  /** `absent`: it says that there is none; `either`: taken as it is or refused. */
  readonly must: 'succeed' | 'fail' | 'absent' | 'either'
  readonly sent: { readonly whole: Whole } | { readonly wire: Wire }
}

/** The answers of one sort to an operation. */
export type Family = (operation: Operation) => Omit<Answer, 'operation'>[]

export const JSON_TYPE = { 'Content-Type': 'application/json', 'X-Secret': MARKER }

/** A success, with this body. */
export function whole(
  { status }: Operation,
  body: Whole['body'],
  headers: Whole['headers'] = JSON_TYPE,
): Answer['sent'] {
  return { whole: { status, ...(headers && { headers }), body } }
}

/** The text of a whole valid answer. */
export function textOf({ document }: Operation): string {
  return document ? JSON.stringify(document) : ''
}
