// Answers that are whole, and whose body, headers or status are not those of the contract.
import { gzipSync } from 'node:zlib'
import { MARKER } from '../controlplane/fault-grid/modes.ts'
import type { Answer, Family, Whole } from './answer.ts'
import { JSON_TYPE, textOf, whole } from './answer.ts'
import type { Operation } from './operations.ts'
import { DEEP_LIST, DEEP_OBJECT, OTHER_ID } from './values.ts'

const MIB = 1_048_576
const BOMB = gzipSync(Buffer.alloc(10 * MIB, ' '))

const HARMLESS_HEADERS: readonly Readonly<Record<string, string>>[] = [
  { 'Content-Type': 'text/html' },
  { 'Content-Type': `${MARKER};;=` },
  { 'Content-Type': 'application/json; charset=utf-16' },
  { 'Content-Type': 'multipart/form-data; boundary=x' },
  { Location: 'https://evil.example/v0/tenants/t-1' },
  { Refresh: '0; url=https://evil.example/', Link: '<https://evil.example/>; rel=next' },
  { 'Set-Cookie': `session=${MARKER}; Domain=example` },
  { 'Retry-After': '99999999999999999999999999' },
  { 'Retry-After': `-1, ${MARKER}` },
  { Date: 'Sat, 13 Sep 275760 00:00:00 GMT' },
  { Date: MARKER },
  { 'Strict-Transport-Security': 'max-age=0', 'Alt-Svc': 'h2="evil.example:443"', Upgrade: 'h2c' },
  { 'X-Long': MARKER.repeat(2_000) },
  // It is not asked for, so it is not undone.
  { 'Content-Encoding': 'gzip' },
]

const STATUSES = [
  [200, 201, 202, 203, 204, 206],
  [300, 301, 302, 303, 304, 307, 308],
  [400, 401, 402, 403, 404, 405, 407, 408, 409, 410, 413, 415, 418, 421, 422, 425, 429, 431, 451, 499],
  [500, 502, 503, 504, 520, 599, 600, 999],
].flat()

/** Bodies that are not the one document of the contract. */
export function bodies(operation: Operation): ReturnType<Family> {
  const text = textOf(operation)
  // Whatever stands in the body of a 204, no client ever sees.
  if (text === '') return []
  const having = (member: string) => `${text.slice(0, -1)},${member}}`
  const rows: readonly (readonly [what: string, must: Answer['must'], body: string | Whole['body']])[] = [
    ['nothing', 'fail', ''],
    ['white space', 'fail', ' \r\n\t'],
    ...['null', 'true', '0', '[]', '{}', `"${MARKER}"`, 'undefined', 'NaN', `{"message":"${MARKER}"}`].map(
      (body) => [body, 'fail', body] as const,
    ),
    ...[1, text.length >> 1, text.length - 1].map(
      (length) => [`its first ${length} bytes`, 'fail', text.slice(0, length)] as const,
    ),
    ['it twice', 'fail', text + text],
    ['it with a comma too many', 'fail', `${text.slice(0, -1)},}`],
    ['it with a comment', 'fail', `/* ${MARKER} */${text}`],
    ['it in single quotes', 'fail', text.replaceAll('"', "'")],
    ['it behind a guard against scripts', 'fail', `)]}',\n${text}`],
    ['it with a NUL behind', 'fail', `${text}\u0000`],
    ['it with a line break in a text', 'fail', having('"x":"\n"')],
    ['it in a list', 'fail', `[${text}]`],
    ['it in an envelope', 'fail', `{"data":${text}}`],
    ['it as text', 'fail', JSON.stringify(text)],
    ['it as its own prototype', 'fail', `{"__proto__":${text}}`],
    ['it as a constructor', 'fail', `{"constructor":{"prototype":${text}}}`],
    ['a page', 'fail', `<!doctype html><script>${MARKER}</script>`],
    ['XML', 'fail', `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "${MARKER}">]><x>&a;</x>`],
    ['a list of depth 10,000', 'fail', DEEP_LIST],
    ['an object of depth 10,000', 'fail', DEEP_OBJECT],
    ['a list of depth 500,000 without an end', 'fail', () => '['.repeat(500_000)],
    ['UTF-16', 'fail', () => Buffer.from(`\ufeff${text}`, 'utf16le')],
    [
      'a byte that is not UTF-8',
      'fail',
      () => Buffer.concat([Buffer.from(having('"x":"')), Buffer.from([0xff, 0x22, 0x7d])]),
    ],
    ['a slash written in too many bytes', 'fail', () => Buffer.from(having('"x":"\u0001\u0002"')).map(overlong)],
    [
      'half a surrogate pair in UTF-8',
      'fail',
      () => Buffer.concat([Buffer.from([0xed, 0xa0, 0x80]), Buffer.from(text)]),
    ],
    ['it with a text of 10 MB', 'fail', () => having(`"x":"${'x'.repeat(10 * MIB)}"`)],
    ['a byte more than is read', 'fail', () => text.padEnd(MIB + 1)],
    ['as much as is read', 'succeed', () => text.padEnd(MIB)],
    ['it behind a byte order mark', 'succeed', `\ufeff${text}`],
    ['it with a part of depth 10,000', 'succeed', having(`"x":${DEEP_LIST}`)],
    ['it with a number without an end', 'succeed', () => having(`"x":${'9'.repeat(100_000)}`)],
    [
      'it with 50,000 fields more',
      'succeed',
      () => having(Array.from({ length: 50_000 }, (_, i) => `"f${i}":0`).join()),
    ],
    ['it with a prototype', 'succeed', having(`"__proto__":{"id":"${OTHER_ID}","polluted":true}`)],
    ['it with a constructor', 'succeed', having('"constructor":{"prototype":{"polluted":true}}')],
    ['it with names of methods', 'succeed', having('"toString":1,"valueOf":1,"hasOwnProperty":1,"toJSON":1,"then":1')],
  ]
  return rows.map(([what, must, body]) => ({
    what: `the body is ${what}`,
    must,
    sent: whole(operation, typeof body === 'string' ? () => body : body),
  }))
}

/** Makes of two control characters the two bytes that some decoders take for a slash. */
function overlong(byte: number): number {
  return byte === 1 ? 0xc0 : byte === 2 ? 0xaf : byte
}

/** Headers that say something else than the body. */
export function headers(operation: Operation): ReturnType<Family> {
  const text = textOf(operation)
  const rows: ReturnType<Family> = HARMLESS_HEADERS.map((headers) => ({
    what: `with ${JSON.stringify(headers).slice(0, 90)}`,
    must: 'succeed',
    sent: { whole: { status: operation.status, headers, body: () => text } },
  }))
  if (text === '') return rows
  const compressed = { 'Content-Type': 'application/json', 'X-Secret': MARKER, 'Content-Encoding': 'gzip' }
  return [
    ...rows,
    {
      what: 'compressed, which nobody asked for',
      must: 'fail',
      sent: whole(operation, () => gzipSync(text), compressed),
    },
    { what: '10 MB compressed to a few kB', must: 'fail', sent: whole(operation, () => BOMB, compressed) },
  ]
}

/** All statuses but the right one. */
export function statuses(operation: Operation): ReturnType<Family> {
  const { status: good } = operation
  const headers = { ...JSON_TYPE, Location: 'https://evil.example/v0/tenants', 'WWW-Authenticate': MARKER }
  return STATUSES.filter((status) => status !== good).map((status) => ({
    what: `a ${status} with the body of a ${good}`,
    must: status === 404 && saysAbsent(operation) ? 'absent' : 'fail',
    sent: { whole: { status, headers, body: () => textOf(operation) || `{"message":"${MARKER}"}` } },
  }))
}

function saysAbsent({ column }: Operation): boolean {
  return /^(?:delete|getTenant$|getTenantApplication)/.test(column)
}
