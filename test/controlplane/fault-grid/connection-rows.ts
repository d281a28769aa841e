// Rows in which a connection fails: refused, closed, reset, cut, or used for something that is not HTTP.
import { answering, connections } from './cell.ts'
import { MARKER } from './modes.ts'
import type { Expectations, Row } from './row.ts'
import { always, AMBIGUOUS, first, NOT_SENT, row, UNAVAILABLE } from './row.ts'

/** Never sent, however often it is tried: no connection is one that could carry it. */
const notSent = (calls: { readonly once: number; readonly repeated: number }): Expectations => ({
  create: [NOT_SENT, calls.once, 0],
  read: [UNAVAILABLE, calls.repeated, 0],
  delete: [UNAVAILABLE, calls.repeated, 0],
  token: [UNAVAILABLE, calls.once, 0],
})

/** No answer, whatever is tried, and nothing happens. */
const LOST = {
  create: [AMBIGUOUS, 1, 0],
  read: [UNAVAILABLE, 4, 0],
  delete: [UNAVAILABLE, 4, 0],
  token: [UNAVAILABLE, 1, 0],
} as const

/** No answer, whatever is tried, and it happens each time it can. */
const LOST_AFTER = {
  create: [AMBIGUOUS, 1, 1],
  read: [UNAVAILABLE, 4, 4],
  delete: [UNAVAILABLE, 4, 1],
  token: [UNAVAILABLE, 1, 1],
} as const

/** What a GET finds when its first answer was lost, and what a DELETE can no longer know. */
const LOST_ONCE = {
  create: [AMBIGUOUS, 1, 0],
  read: ['value', 2, 1],
  delete: ['deleted', 2, 1],
  token: [UNAVAILABLE, 1, 0],
} as const
const LOST_ONCE_AFTER = {
  create: [AMBIGUOUS, 1, 1],
  read: ['value', 2, 2],
  delete: ['absent', 2, 1],
  token: [UNAVAILABLE, 1, 1],
} as const

export const CONNECTION_ROWS: readonly Row[] = [
  row(
    // Nobody listens on this port, and no server of another cell can come to.
    'a refused connection',
    { instead: async () => ({ origin: 'http://127.0.0.1:1', calls: () => 0 }) },
    notSent({ once: 0, repeated: 0 }),
  ),
  row(
    'a server that does not speak TLS',
    { instead: connections((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'), 'https') },
    notSent({ once: 1, repeated: 4 }),
  ),
  row(
    'a TLS handshake that is broken off',
    { instead: connections((socket) => socket.once('data', () => socket.destroy()), 'https') },
    notSent({ once: 1, repeated: 4 }),
  ),
  row('a connection that is closed once it stands', { instead: connections((socket) => socket.destroy()) }, LOST),
  row('another protocol', { instead: answering(`SSH-2.0-${MARKER}\r\n`) }, LOST),
  row('headers without an end', { instead: answering(`HTTP/1.1 201 Created\r\nX-${MARKER}: ${MARKER}`) }, LOST),
  row('headers too long', { instead: answering(`HTTP/1.1 201 Created\r\nX: ${MARKER.repeat(20_000)}\r\n\r\n`) }, LOST),
  row(
    'a chunk of no size',
    { instead: answering('HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nm4rker\r\n') },
    LOST,
  ),
  row(
    'a chunked body without its last chunk',
    { instead: answering('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n') },
    LOST,
  ),
  row('a connection closed before the effect', always({ kind: 'close' }), LOST),
  row('a connection closed after the effect', always({ kind: 'close', when: 'after' }), LOST_AFTER),
  row('a connection reset before the effect', always({ kind: 'close', reset: true }), LOST),
  row('a connection reset after the effect', always({ kind: 'close', reset: true, when: 'after' }), LOST_AFTER),
  row('one connection closed before the effect', first({ kind: 'close' }), LOST_ONCE),
  row('one connection closed after the effect', first({ kind: 'close', when: 'after' }), LOST_ONCE_AFTER),
  row('an answer cut after the effect', always({ kind: 'cut' }), LOST_AFTER),
  row('an answer cut before its body', always({ kind: 'cut', bytes: 0 }), LOST_AFTER),
  row('an answer cut at its last byte', always({ kind: 'cut', bytes: 1_000_000 }), LOST_AFTER),
  row('an answer cut without an effect', always({ kind: 'cut', when: 'before' }), LOST),
  row('one answer cut after the effect', first({ kind: 'cut' }), LOST_ONCE_AFTER),
]
