// Reads the bodies of the two creates, refusing whatever the contract does not name.
import type { KeyObject } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import type { ErrorObject } from 'ajv'
import { Ajv } from 'ajv'
import { refusal } from './answers.ts'
import type { Settings } from './settings.ts'

export type TenantRequest = { readonly name: string; readonly cells: readonly string[] }

export type KeyRequest =
  | { readonly type: 'RSA'; readonly alg: 'RS256'; readonly kid: string; readonly e: bigint; readonly n: bigint }
  | { readonly type: 'EC'; readonly alg: 'ES256'; readonly kid: string; readonly x: bigint; readonly y: bigint }

export type ApplicationRequest = {
  readonly cell: string
  readonly scopes: readonly string[]
  readonly auth_method: { readonly type: 'CLIENT_SECRET' } | KeyRequest
}

/** Scopes of the Documents API (contract, "Shapes"). */
const APPLICATION_SCOPES = ['documents.submissions.read', 'documents.submissions.write']

const KEY_NUMBERS = new Set(['n', 'e', 'x', 'y'])
const INTEGER = /^(0|[1-9][0-9]*)$/

type IntegerRule = { readonly equals?: number; readonly minBits?: number; readonly maxBits?: number }

function keepsRule(rule: IntegerRule, value: unknown): boolean {
  if (typeof value !== 'bigint') return false
  if (rule.equals !== undefined) return value === BigInt(rule.equals)
  const bits = value.toString(2).length
  return bits >= (rule.minBits ?? 0) && bits <= (rule.maxBits ?? Infinity)
}

const ajv = new Ajv({ discriminator: true, useDefaults: true })
ajv.addKeyword({
  keyword: 'jsonInteger',
  schemaType: 'object',
  validate: keepsRule,
  error: { message: (context) => `must be a JSON integer with ${JSON.stringify(context.schema)}` },
})

const strict = (properties: Record<string, object>, required: readonly string[]) => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
})
const setOf = (items: object) => ({ type: 'array', items, minItems: 1, uniqueItems: true })
const kid = { type: 'string', minLength: 1 }

const isTenantRequest = ajv.compile<TenantRequest>(
  strict(
    {
      name: { type: 'string', pattern: '^[a-z0-9]{1,61}$' },
      cells: { ...setOf({ type: 'string' }), default: ['eu-1'] },
    },
    ['name'],
  ),
)

const isApplicationRequest = ajv.compile<ApplicationRequest>(
  strict(
    {
      cell: { type: 'string' },
      scopes: setOf({ enum: APPLICATION_SCOPES }),
      auth_method: {
        type: 'object',
        discriminator: { propertyName: 'type' },
        required: ['type'],
        oneOf: [
          strict({ type: { const: 'CLIENT_SECRET' } }, ['type']),
          strict(
            {
              type: { const: 'RSA' },
              alg: { const: 'RS256' },
              kid,
              e: { jsonInteger: { equals: 65_537 } },
              n: { jsonInteger: { minBits: 2049 } },
            },
            ['type', 'alg', 'kid', 'e', 'n'],
          ),
          strict(
            {
              type: { const: 'EC' },
              alg: { const: 'ES256' },
              kid,
              x: { jsonInteger: { maxBits: 256 } },
              y: { jsonInteger: { maxBits: 256 } },
            },
            ['type', 'alg', 'kid', 'x', 'y'],
          ),
        ],
      },
    },
    ['cell', 'scopes', 'auth_method'],
  ),
)

/**
 * JSON whose numbers `n`, `e`, `x`, `y` become bigints when they are written as integers, without loss. A fraction or an
 * exponent leaves them ordinary numbers, which the schemas refuse. Throws a {@link Refusal} (400) on anything but JSON.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, keepInteger) as unknown
  } catch {
    throw refusal(400, 'the body is not JSON')
  }
}

// JSON.parse hands the source text of each number (of a string with its quotes) as a third argument, which TypeScript's own types do not know yet.
function keepInteger(key: string, value: unknown, context?: { readonly source?: string }): unknown {
  const source = context?.source ?? ''
  return KEY_NUMBERS.has(key) && INTEGER.test(source) ? BigInt(source) : value
}

/** A TenantCreateRequest with its defaults. Throws a {@link Refusal} (400) that names the field. */
export function readTenantRequest(body: unknown, settings: Settings): TenantRequest {
  if (!isTenantRequest(body)) throw invalid(isTenantRequest.errors)
  for (const cell of body.cells) refuseUnknownCell(cell, settings)
  return body
}

/** An ApplicationCreateRequest. Throws a {@link Refusal} (400) that names the field. */
export function readApplicationRequest(body: unknown, settings: Settings): ApplicationRequest {
  if (!isApplicationRequest(body)) throw invalid(isApplicationRequest.errors)
  refuseUnknownCell(body.cell, settings)
  return body
}

/** The public key of a request. Throws a {@link Refusal} (400) when its numbers are not a key. */
export function importKey(request: KeyRequest): KeyObject {
  const jwk =
    request.type === 'RSA'
      ? { kty: 'RSA', n: base64url(request.n), e: base64url(request.e) }
      : { kty: 'EC', crv: 'P-256', x: base64url(request.x, 32), y: base64url(request.y, 32) }
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw refusal(400, 'auth_method is not a public key: x and y must be a point of P-256')
  }
}

function base64url(value: bigint, bytes = 0): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(Math.max(bytes * 2, hex.length + (hex.length % 2)), '0'), 'hex').toString('base64url')
}

function refuseUnknownCell(cell: string, settings: Settings): void {
  if (!settings.cells.includes(cell)) throw refusal(400, `cell must be one of ${settings.cells.join(', ')}`)
}

function invalid(errors: readonly ErrorObject[] | null | undefined) {
  const error = errors?.[0]
  const field = error?.instancePath.slice(1).replaceAll('/', '.') || 'the body'
  const extra: unknown = error?.params['additionalProperty']
  const which = typeof extra === 'string' ? `: ${extra}` : ''
  return refusal(400, `${field} ${error?.message ?? 'is not valid'}${which}`)
}
