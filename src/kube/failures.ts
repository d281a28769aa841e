// What an answer of the API server that is no success means, as a failure that may be shown to anybody.
import type { Disposition } from '../errors.ts'
import { Failure } from '../errors.ts'
import type { Status } from './wire.ts'

/**
 * `KubeConflict`: somebody else was first · `KubeAlreadyExists` · `KubeNotFound`: no such resource, or no such kind ·
 * `KubeForbidden`: not permitted to us, by RBAC, quota, a policy or an admission webhook · `KubeInvalid`: permitted, and
 * wrong · `KubeGone`: what was asked for is too long ago · `KubeUnavailable`: no answer, or one that says to come again.
 */
export type KubeCode =
  | 'KubeConflict'
  | 'KubeAlreadyExists'
  | 'KubeNotFound'
  | 'KubeForbidden'
  | 'KubeInvalid'
  | 'KubeGone'
  | 'KubeUnavailable'

const DISPOSITION: Readonly<Record<KubeCode, Disposition>> = {
  KubeConflict: 'retry',
  KubeAlreadyExists: 'retry',
  KubeNotFound: 'retry',
  KubeForbidden: 'wait',
  KubeInvalid: 'wait',
  KubeGone: 'retry',
  KubeUnavailable: 'retry',
}

/** The failure for an answer with this status code. Where it is a `Status`, `body` says more. */
export function failureOfStatus(
  method: string,
  path: string,
  code: number,
  body: Status,
  retryAfterMs?: number,
): Failure {
  const kubeCode = codeOf(method, code, body)
  const told = [
    `${method} ${path}: ${code}${body.reason ? ` ${oneLine(body.reason)}` : ''}`,
    explanation(kubeCode, path, body),
  ]
  const afterMs = retryAfterMs ?? (body.details?.retryAfterSeconds ?? 0) * 1000
  return new Failure(kubeCode, DISPOSITION[kubeCode], told.filter((part) => part !== '').join(': '), {
    ...(afterMs > 0 && { retryAfterMs: afterMs }),
    cause: { causes: (body.details?.causes ?? []).map(({ reason }) => reason) },
  })
}

/** The failure when no whole answer came. */
export function failureOfSilence(method: string, path: string, cause: unknown): Failure {
  return unavailable(method, path, `no answer from the API server (${nameOf(cause)})`, cause)
}

/** A `KubeUnavailable` with this explanation. */
export function unavailable(method: string, path: string, why: string, cause?: unknown): Failure {
  return new Failure('KubeUnavailable', 'retry', `${method} ${path}: ${why}`, { cause })
}

/** True when the API server refused because the namespace is being deleted: nothing can be created there any more. */
export function isNamespaceTerminating(error: unknown): boolean {
  if (!(error instanceof Failure) || error.code !== 'KubeForbidden') return false
  return (error.cause as { causes?: readonly unknown[] } | undefined)?.causes?.includes('NamespaceTerminating') ?? false
}

function codeOf(method: string, code: number, { reason, details }: Status): KubeCode {
  switch (code) {
    case 401:
    case 403:
      return 'KubeForbidden'
    case 404:
      return 'KubeNotFound'
    case 409:
      return reason === 'AlreadyExists' ? 'KubeAlreadyExists' : 'KubeConflict'
    case 410:
      return 'KubeGone'
    case 422:
      // A JSON Patch whose `test` fails is refused before anybody looks at the resource, hence without its kind.
      return method === 'PATCH' && !details?.kind ? 'KubeConflict' : 'KubeInvalid'
    case 408:
    case 429:
      return 'KubeUnavailable'
    default:
      return code >= 400 && code < 500 ? 'KubeInvalid' : 'KubeUnavailable'
  }
}

const MOST_CHARACTERS = 300
const MOST_FIELDS = 5

/**
 * Why, in the API server's own words where a person can do something about it. About a Secret or a token these words may
 * quote it, so that only the fields and such parts are passed on as cannot.
 */
function explanation(code: KubeCode, path: string, { message = '', details }: Status): string {
  if (code !== 'KubeForbidden' && code !== 'KubeInvalid') return ''
  if (!/\/(?:secrets|tokenreviews)(?:\/|$)/.test(path)) return oneLine(message)
  const fields = (details?.causes ?? []).map(({ field }) => field).filter((field) => field !== undefined)
  return oneLine(SPEAKABLE.exec(message)?.[0] ?? [...new Set(fields)].sort().slice(0, MOST_FIELDS).join(', '))
}

/** Who refuses, as the API server's own sentences name it: names of Kubernetes, never contents of the resource. */
const SPEAKABLE = new RegExp(
  [
    String.raw`admission webhook "[\w.-]+" denied the request`,
    String.raw`ValidatingAdmissionPolicy '[\w.-]+' with binding '[\w.-]+' denied request`,
    String.raw`exceeded quota: [\w.-]+`,
    String.raw`User "[\w:.@-]+" cannot [a-z]+ resource "[\w/.-]+" in API group "[\w.-]*"(?: in the namespace "[\w-]+")?`,
    String.raw`unable to create new content in namespace [\w-]+ because it is being terminated`,
  ].join('|'),
)

function oneLine(text: string): string {
  // A webhook may say anything, also what commands a terminal or turns the direction of reading.
  const line = text.replaceAll(/[\s\p{Cc}\p{Cf}\p{Cs}]+/gu, ' ').trim()
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)}...` : line
}

function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
