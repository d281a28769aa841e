// Rows in which something is too late, too often, or known too late; deadlines pass by the clock of the client.
import type { Bench, Given } from './cell.ts'
import { answering, until } from './cell.ts'
import { MARKER } from './modes.ts'
import type { Row } from './row.ts'
import { always, AMBIGUOUS, CREDENTIAL_REJECTED, FINE, first, REJECTED, row, UNAVAILABLE } from './row.ts'

const DEADLINE_MS = 30_000

/** The fault waits, or what it waits for is over. */
const waits = ({ there }: Bench) => until(() => there.armed > 0)

/** The deadline passes when so much has happened. */
const stalling = (given: Given, effects: 0 | 1): Given => ({
  ...given,
  async meanwhile(bench) {
    await until(() => bench.calls() === 1 && bench.effects() === effects)
    await bench.here.advance(DEADLINE_MS - 1)
    await bench.here.advance(1)
  },
})

/** The first attempt takes so long, for both sides. */
const delayed = (fault: object, seconds: number): Given => ({
  ...first({ kind: 'delay', seconds, ...fault }),
  async meanwhile(bench) {
    await waits(bench)
    await bench.here.advance(Math.min(seconds * 1_000, DEADLINE_MS))
    if (seconds * 1_000 < DEADLINE_MS) await bench.there.advance(seconds * 1_000)
  },
  async afterwards({ there, effects }) {
    await there.advance(seconds * 1_000)
    await until(() => effects() > 0)
  },
})

/** The first attempt happens only once the client has its answer, or none. */
const late = (answer: 'hangUp' | number): Given => ({
  ...first({ kind: 'late', seconds: 5, answer }),
  async afterwards(bench) {
    await waits(bench)
    await bench.there.advance(5_000)
    // An assertion is checked on another thread.
    await until(() => bench.effects() > 0)
  },
})

/** What was lost at first and happened in the end, and what was asked for again. */
const LATE = {
  create: [AMBIGUOUS, 1, 1],
  read: ['value', 2, 2],
  delete: ['deleted', 2, 1],
  token: [UNAVAILABLE, 1, 1],
} as const

const NO_ANSWER = (effects: 0 | 1) =>
  ({
    create: [AMBIGUOUS, 1, effects],
    read: [UNAVAILABLE, 1, effects],
    delete: [UNAVAILABLE, 1, effects],
    token: [UNAVAILABLE, 1, effects],
  }) as const

const UPGRADE = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: ${MARKER}\r\nConnection: Upgrade\r\n\r\n`

export const TIME_ROWS: readonly Row[] = [
  row('no answer for 30 s, without an effect', stalling(always({ kind: 'stall' }), 0), NO_ANSWER(0)),
  row('no answer for 30 s, after the effect', stalling(always({ kind: 'stall', when: 'after' }), 1), NO_ANSWER(1)),
  row(
    'half an answer for 30 s',
    stalling({ instead: answering(`HTTP/1.1 201 Created\r\nX: ${MARKER}`, false) }, 0),
    NO_ANSWER(0),
  ),
  row('a connection that becomes another protocol', stalling({ instead: answering(UPGRADE) }, 0), NO_ANSWER(0)),
  row('an effect after 29 s', delayed({}, 29), FINE),
  row('an answer after 29 s', delayed({ when: 'after' }, 29), FINE),
  row('an effect after 31 s', delayed({}, 31), NO_ANSWER(1)),
  row('an answer after 31 s', delayed({ when: 'after' }, 31), NO_ANSWER(1)),
  row('an effect after the connection was closed', late('hangUp'), LATE),
  row('an effect after a 502', late(502), LATE),
  row('an effect after a 504', late(504), LATE),
  row('an effect after a 408', late(408), {
    ...LATE,
    read: [UNAVAILABLE, 1, 1],
    delete: [UNAVAILABLE, 1, 1],
  }),
  row('an effect that happens twice', always({ kind: 'twice' }), {
    createTenant: ['created', 1, 1],
    createTenantApplication: ['created', 1, 2],
    read: ['value', 1, 2],
    delete: ['deleted', 1, 1],
    // An assertion is good for one token.
    token: { byKey: ['granted', 1, 1], bySecret: ['granted', 1, 2] },
  }),
  row('an effect that happens twice, answered the second time', always({ kind: 'twice', answer: 'second' }), {
    createTenant: [`rejected ${REJECTED}`, 1, 1],
    createTenantApplication: ['created', 1, 2],
    read: ['value', 1, 2],
    delete: ['absent', 1, 1],
    token: { byKey: [CREDENTIAL_REJECTED, 1, 1], bySecret: ['granted', 1, 2] },
  }),
]
