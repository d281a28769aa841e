// One request to a token endpoint and what its answer means.
import { Ajv } from 'ajv'
import type { Clock } from '../clock.ts'
import { Redacted } from '../redacted.ts'
import { within } from './deadline.ts'
import type { ClientCredential } from './client-auth.ts'
import { tokenRequest } from './client-auth.ts'
import type { Http, HttpAnswer } from './http-client.ts'
import { NoAnswer } from './no-answer.ts'

/**
 * `granted`: a token · `refused`: the endpoint will not have this client, with the code of RFC 6749 section 5.2 ·
 * `limited`: asks for fewer requests · `unavailable`: nothing of the kind; `why` is a status or a system's code.
 */
export type TokenAnswer =
  | { readonly result: 'granted'; readonly accessToken: Redacted; readonly expiresInMs: number }
  | { readonly result: 'refused'; readonly why: string }
  | { readonly result: 'limited'; readonly retryAfterMs: number | undefined }
  | { readonly result: 'unavailable'; readonly why: string; readonly retryAfterMs: number | undefined }

export type TokenAsk = {
  readonly operation: 'organizationToken' | 'applicationToken'
  readonly credential: ClientCredential
  readonly tokenUrl: string
  readonly scopes: readonly string[]
}

const DEADLINE_MS = 30_000

/** All error codes of RFC 6749 section 5.2: only these are ever repeated in a message. */
const ERRORS = [
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'invalid_scope',
] as const

type Grant = { readonly access_token: string; readonly expires_in: number }
type Refusal = { readonly error: (typeof ERRORS)[number] }

const ajv = new Ajv()
const isGrant = ajv.compile<Grant>({
  type: 'object',
  properties: {
    // A longer one no server takes in a header.
    access_token: { type: 'string', maxLength: 16_384, pattern: '^[\\x21-\\x7e]+$' },
    token_type: { type: 'string', pattern: '^[Bb][Ee][Aa][Rr][Ee][Rr]$' },
    expires_in: { type: 'number', minimum: 0 },
  },
  required: ['access_token', 'token_type', 'expires_in'],
})
const isRefusal = ajv.compile<Refusal>({
  type: 'object',
  properties: { error: { enum: ERRORS } },
  required: ['error'],
})

/** Asks once for a token. Throws only the signal's reason, when it aborts. `refused` without asking for a key that is none. */
export async function requestToken(
  http: Http,
  { operation, credential, tokenUrl, scopes }: TokenAsk,
  clock: Clock,
  signal: AbortSignal,
): Promise<TokenAnswer> {
  const request = await tokenRequest(credential, tokenUrl, scopes, clock.now()).catch(() => undefined)
  if (!request) return { result: 'refused', why: 'the private key cannot be used' }
  try {
    const call = { operation, method: 'POST', url: new URL(tokenUrl), ...request } as const
    return understand(await within(DEADLINE_MS, clock, signal, (signal) => http.send(call, signal)))
  } catch (error) {
    if (error instanceof NoAnswer) return { result: 'unavailable', why: error.why, retryAfterMs: undefined }
    throw error
  }
}

function understand({ status, text, retryAfterMs }: HttpAnswer): TokenAnswer {
  const document = parse(text)
  if (status === 200 && isGrant(document)) {
    const { access_token, expires_in } = document
    return { result: 'granted', accessToken: new Redacted(access_token), expiresInMs: expires_in * 1_000 }
  }
  if (status === 429) return { result: 'limited', retryAfterMs }
  const isRefusing = status === 400 || status === 401 || status === 403
  if (isRefusing && isRefusal(document)) return { result: 'refused', why: `${status} ${document.error}` }
  if (status === 401) return { result: 'refused', why: '401' }
  // A 400 or a 403 that does not speak OAuth is a proxy's.
  return { result: 'unavailable', why: status === 200 ? '200 without a token' : String(status), retryAfterMs }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
