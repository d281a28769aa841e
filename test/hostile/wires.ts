// What a server may write instead of an answer, byte by byte.
import { MARKER } from '../controlplane/fault-grid/modes.ts'

export type Wire = {
  readonly what: string
  readonly head: string
  /** Written again and again, for as long as the connection stands. */
  readonly endless?: string
  /** What becomes of the connection then. `stay`: it is left open, and nothing more is said. */
  readonly end: 'end' | 'reset' | 'stay'
}

type Row = Wire & { readonly must: 'succeed' | 'fail' | 'either' }

const CHUNKED = 'Transfer-Encoding: chunked\r\n\r\n'
const EARLY = `HTTP/1.1 103 Early Hints\r\nLink: <https://evil.example/${MARKER}>\r\n\r\n`

/** For an operation that succeeds with this status and text. */
export function wiresOf(status: number, text: string): Row[] {
  const line = `HTTP/1.1 ${status} Fine\r\n`
  const size = `Content-Length: ${text.length}\r\n`
  const valid = `${line}Content-Type: application/json\r\n${status === 204 ? '' : size}\r\n${text}`
  const evil = text.replaceAll('acme', 'evil').replaceAll('c-1', 'c-9')
  const row = (must: Row['must'], what: string, head: string, end: Wire['end'] = 'end', endless?: string): Row => ({
    must,
    what,
    head,
    end,
    ...(endless !== undefined && { endless }),
  })
  // What follows the headers of a 204 is no part of it.
  const bodiless = status === 204 ? 'either' : 'fail'
  const rows = [
    row('fail', 'nothing at all', ''),
    row('fail', 'a reset', '', 'reset'),
    row('fail', 'silence', '', 'stay'),
    row('fail', 'noise', '\u0000\u0001\u0002\u001b[31m\u007f'.repeat(100)),
    row('fail', 'a TLS alert', '\u0015\u0003\u0001\u0000\u0002\u0002\u0028'),
    row('fail', 'a greeting of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
    row('fail', 'a request', `GET /${MARKER} HTTP/1.1\r\nHost: evil.example\r\n\r\n`),
    row('fail', 'an answer of HTTP/0.9', text || 'gone'),
    row('fail', 'another version of HTTP', valid.replace('1.1', '9.9')),
    row('fail', 'a status of letters', valid.replace(`${status}`, 'abc')),
    row('fail', 'a status of five digits', valid.replace(`${status}`, '20000')),
    row('fail', 'a negative status', valid.replace(`${status}`, '-20')),
    row('fail', 'half a line of status', line.slice(0, 9)),
    row('fail', 'a status and nothing more', line),
    row('fail', 'headers that break off', `${line}Content-Le`),
    row('fail', 'headers that break off, with a reset', `${line}X: ${MARKER}\r\n`, 'reset'),
    row('fail', 'a header with NUL', valid.replace('Content-Type', 'X: a\u0000b\r\nContent-Type')),
    row('fail', 'a header without a name', valid.replace('Content-Type', ': x\r\nContent-Type')),
    row('fail', 'a header name with a space', valid.replace('Content-Type', 'X Y: z\r\nContent-Type')),
    row('either', 'a header without a colon', valid.replace('Content-Type', 'nonsense\r\nContent-Type')),
    row('either', 'a header that is folded', valid.replace('Content-Type', 'X: a\r\n b\r\nContent-Type')),
    row('either', 'lines that end in half', valid.replaceAll('\r\n', '\n')),
    row('fail', 'a header of 100 kB', `${line}X: ${MARKER.repeat(17_000)}\r\n\r\n`),
    row('fail', '5,000 headers', `${line}${'X-Many: 1\r\n'.repeat(5_000)}\r\n${text}`),
    row('fail', 'headers without an end', line, 'end', `X-More: ${MARKER}\r\n`),
    row(bodiless, 'a chunk of no size', `${line}${CHUNKED}${MARKER}\r\n`),
    row(bodiless, 'a chunk of negative size', `${line}${CHUNKED}-5\r\n${text}\r\n`),
    row(bodiless, 'a chunk of more than can be', `${line}${CHUNKED}ffffffffffffffffff\r\n${text}`),
    row('fail', 'a length that is none', `${line}Content-Length: ${MARKER}\r\n\r\n${text}`),
    row('fail', 'a negative length', `${line}Content-Length: -1\r\n\r\n${text}`),
    row('fail', 'a length of more than can be', `${line}Content-Length: 99999999999999999999\r\n\r\n${text}`),
    row('fail', 'two lengths', `${line}Content-Length: 5\r\nContent-Length: 7\r\n\r\n${text}`),
    row('fail', 'a length and chunks', `${line}${size}${CHUNKED}${MARKER}`),
    row(
      'fail',
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
      'stay',
    ),
    row('fail', 'a 100 and nothing more', 'HTTP/1.1 100 Continue\r\n\r\n', 'end'),
    row('fail', 'nothing but early hints, without an end', '', 'end', EARLY),
    row('succeed', 'a thousand early hints before the answer', EARLY.repeat(1_000) + valid),
    row('succeed', 'the answer, before the connection is closed', valid),
    row('either', 'two answers at once', valid + valid.replace(text, evil)),
    row('either', 'noise behind the answer', `${valid}${MARKER}\r\n\r\n`),
  ]
  if (status === 204) return rows
  return [
    ...rows,
    row('fail', 'a body shorter than announced', `${line}Content-Length: ${text.length + 1}\r\n\r\n${text}`),
    row('fail', 'a body shorter than announced, with a reset', `${line}Content-Length: 9999\r\n\r\n${text}`, 'reset'),
    row('fail', 'a body longer than announced', `${line}Content-Length: ${text.length - 1}\r\n\r\n${text}`),
    row('fail', 'a body that is announced and does not come', `${line}${size}\r\n`),
    row('fail', 'a body that never ends in time', `${line}Content-Length: 9999\r\n\r\n${text}`, 'stay'),
    row('fail', 'chunks without the last one', `${line}${CHUNKED}2\r\n{}\r\n`),
    row('fail', 'chunks that stop', `${line}${CHUNKED}1\r\n{\r\n`, 'stay'),
    row('fail', 'a body that drips', `${line}${CHUNKED}`, 'end', '1\r\n \r\n'),
    row('fail', 'a body without an end', `${line}\r\n`, 'end', ' '.repeat(65_536)),
    row('fail', 'headers that drip', '', 'end', 'H'),
    row('either', 'chunks with a long extension', `${line}${CHUNKED}${chunk(text, `;x=${'y'.repeat(9_000)}`)}`),
    row('either', 'chunks with a trailer', `${line}${CHUNKED}${chunk(text).slice(0, -2)}Location: evil\r\n\r\n`),
    row('succeed', 'a body that ends with the connection', `${line}\r\n${text}`),
    row(
      'succeed',
      'a chunk for each byte',
      `${line}${CHUNKED}${Array.from(text, (one) => `1\r\n${one}\r\n`).join('')}0\r\n\r\n`,
    ),
  ]
}

function chunk(text: string, extension = ''): string {
  return `${text.length.toString(16)}${extension}\r\n${text}\r\n0\r\n\r\n`
}
