// What the simulator answers, as plain data, and the one exception that carries an answer out of nested checks.

/** One HTTP answer. No `body` means none at all: neither content nor content type. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** Error messages of the management API are at most this long (contract, "Operations"). */
const MAX_MESSAGE_LENGTH = 512

/** An answer and what its JSON says. */
export type JsonAnswer<T> = Answer & { readonly body: string; readonly document: T }

/** An answer whose content is `document` as JSON. */
export function jsonAnswer<T>(
  status: number,
  document: T,
  headers: Readonly<Record<string, string>> = {},
): JsonAnswer<T> {
  const body = JSON.stringify(document)
  return { status, headers: { 'Content-Type': 'application/json', ...headers }, body, document }
}

/** Thrown by any check that refuses a call; the server sends its `answer`. Nothing has changed when it is thrown. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly answer: Answer

  constructor(answer: Answer, message: string) {
    super(message)
    this.answer = answer
  }
}

/** A refusal in the shape of the management API: `{message}`. */
export function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Refusal {
  const text = message.slice(0, MAX_MESSAGE_LENGTH)
  return new Refusal(jsonAnswer(status, { message: text }, headers), text)
}

/** A refusal in the shape of a token endpoint: RFC 6749 section 5.2. */
export function oauthRefusal(status: number, error: string, description: string): Refusal {
  const headers = {
    'Cache-Control': 'no-store',
    ...(status === 401 && { 'WWW-Authenticate': 'Basic realm="token endpoint"' }),
  }
  return new Refusal(jsonAnswer(status, { error, error_description: description }, headers), description)
}
