// Finds secrets in what anybody may read: whole or in part, as they are and in the encodings in which they travel.

/** What a test run has its client secrets and tokens begin with: they are found also where nobody remembers them. */
export const CANARY = 'rai-c4nary-'

/** A secret that is known; `kind` says in a few words whose and what it is. */
export type Known = { readonly kind: string; readonly value: string }

/** What may hold no secret; `where` is for people. */
export type Told = { readonly where: string; readonly text: string }

/** The stretches that are looked up: whoever lets out twice as much less one of a secret has let out one of them. */
const STRETCH = 16

/** PKCS 8 of every key on P-256, and of every RSA key, in base64: right before what is private in it. */
const KEY_BODIES = ['BG0wawIBAQQg', 'ADANBgkqhkiG9w0BAQEFAASC']

/** What betrays a secret that is not known: what each kind has in common. */
const SIGNS: readonly [kind: string, pattern: RegExp][] = [
  ['a client secret or a token of the control plane', anyOf(encodingsOf(CANARY))],
  ['a private key', anyOf([...encodingsOf('-----BEGIN PRIVATE KEY-----'), ...KEY_BODIES.flatMap(encodingsOf)])],
  ['a private key as JWK', /\\*"d\\*" *: *\\*"[\w-]{20}/],
  ['a signed token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20}/],
]

/**
 * Which kinds of secrets stand in which texts, in a line each that holds nothing of the secret. Throws for a known secret
 * that is too short to be told from other text.
 */
export function leaksIn(texts: readonly Told[], known: readonly Known[]): string[] {
  const stretches = new Map(
    known.flatMap(({ kind, value }) => stretchesOf(kind, value).map((stretch) => [stretch, kind])),
  )
  return texts.flatMap(({ where, text }) => {
    const found = new Map<string, number>()
    for (const [kind, pattern] of SIGNS) {
      const at = text.search(pattern)
      if (at >= 0) found.set(kind, at)
    }
    for (let at = 0; at + STRETCH <= text.length; at++) {
      const kind = stretches.get(text.slice(at, at + STRETCH))
      if (kind !== undefined && !found.has(kind)) found.set(kind, at)
    }
    return Array.from(found, ([kind, at]) => `${kind} in ${where}, line ${text.slice(0, at).split('\n').length}`)
  })
}

function stretchesOf(kind: string, value: string): string[] {
  if (value.length < STRETCH) throw new Error(`${kind} is too short to be searched for`)
  return secretPartsOf(value)
    .flatMap(encodingsOf)
    .flatMap((text) => {
      const starts = Array.from({ length: Math.floor(text.length / STRETCH) }, (_, i) => i * STRETCH)
      return starts.concat(text.length - STRETCH).map((start) => text.slice(start, start + STRETCH))
    })
    .filter((text) => text.length === STRETCH)
}

/** Of a key in PEM the lines in which it stands, and all together; of a JWK its private members; else the whole. */
function secretPartsOf(value: string): string[] {
  if (value.startsWith('-----BEGIN')) {
    const lines = value.split('\n').filter((line) => !line.startsWith('-----'))
    return [...lines, value]
  }
  if (!value.startsWith('{')) return [value]
  const { d, p, q, dp, dq, qi } = JSON.parse(value) as Readonly<Record<string, string | undefined>>
  return [d, p, q, dp, dq, qi].filter((member) => member !== undefined)
}

/** A text as it stands in JSON, in a form or a URL, in hexadecimal digits, and in base64 of what it is a part of. */
function encodingsOf(text: string): string[] {
  const inForm = new URLSearchParams({ text }).toString().slice('text='.length)
  const plain = [text, JSON.stringify(text).slice(1, -1), encodeURIComponent(text), inForm]
  const encoded = [text, inForm].flatMap((part) => base64Of(part))
  return [...new Set([...plain, Buffer.from(text).toString('hex'), ...encoded])]
}

/** The digits that are the same whatever comes before and after, for each place in a group of three bytes where it may begin. */
function base64Of(text: string): string[] {
  return [0, 1, 2].flatMap((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)])
    const [first, end] = [Math.ceil((before * 8) / 6), Math.floor((bytes.length * 8) / 6)]
    return (['base64', 'base64url'] as const).map((encoding) => bytes.toString(encoding).slice(first, end))
  })
}

function anyOf(texts: readonly string[]): RegExp {
  return new RegExp(texts.map((text) => text.replaceAll(/\W/g, '\\$&')).join('|'))
}
