// The few ASN.1 types of which a certificate consists, encoded as DER (ITU-T X.690).

const LONG_LENGTH = 0x80

/** One value: tag, length, content. */
export function encode(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content)
  if (body.length < LONG_LENGTH) return Buffer.concat([Buffer.from([tag, body.length]), body])
  const length = bytesOf(body.length)
  return Buffer.concat([Buffer.from([tag, LONG_LENGTH | length.length]), length, body])
}

export const sequence = (...items: readonly Uint8Array[]): Buffer => encode(0x30, ...items)
export const setOf = (item: Uint8Array): Buffer => encode(0x31, item)
export const octets = (content: Uint8Array): Buffer => encode(0x04, content)
export const boolean = (value: boolean): Buffer => encode(0x01, Buffer.from([value ? 0xff : 0]))
export const text = (value: string): Buffer => encode(0x0c, Buffer.from(value, 'utf8'))

/** `[n]` around a value, or in place of its tag when it is primitive. */
export const tagged = (n: number, content: Uint8Array, primitive = false): Buffer =>
  encode((primitive ? 0x80 : 0xa0) | n, content)

/** A number that is not negative, big endian. */
export function integer(value: Uint8Array): Buffer {
  const isNegative = ((value[0] ?? 0) & 0x80) !== 0
  return encode(0x02, isNegative ? Buffer.concat([Buffer.from([0]), value]) : value)
}

/** A bit string of whole bytes; `unused` of its last bits do not count. */
export function bits(content: Uint8Array, unused = 0): Buffer {
  return encode(0x03, Buffer.from([unused]), content)
}

/** An object identifier in dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return encode(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

/** UTCTime, which RFC 5280 section 4.1.2.5 requires until 2049. */
export function utcTime(at: Date): Buffer {
  const digits = at.toISOString().replaceAll(/\D/g, '').slice(2, 14)
  return encode(0x17, Buffer.from(`${digits}Z`, 'ascii'))
}

function base128(value: number): number[] {
  const groups = [value & 0x7f]
  for (let rest = value >> 7; rest > 0; rest >>= 7) groups.unshift((rest & 0x7f) | 0x80)
  return groups
}

function bytesOf(value: number): Buffer {
  const hex = value.toString(16)
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
}
