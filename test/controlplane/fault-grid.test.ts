// What comes of every operation under every fault, in every way to prove oneself: the classes that docs/api.md promises.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { systemClock } from '../../src/clock.ts'
import { BODY_ROWS } from './fault-grid/body-rows.ts'
import type { Seen } from './fault-grid/cell.ts'
import { runCell } from './fault-grid/cell.ts'
import { COLUMNS } from './fault-grid/columns.ts'
import { CONNECTION_ROWS } from './fault-grid/connection-rows.ts'
import { makeModes } from './fault-grid/modes.ts'
import type { Expected, Row } from './fault-grid/row.ts'
import { expectedIn } from './fault-grid/row.ts'
import { STATUS_ROWS } from './fault-grid/status-rows.ts'
import { TIME_ROWS } from './fault-grid/time-rows.ts'
import { LoopbackServers } from './loopback-server.ts'

const ROWS: readonly Row[] = [...CONNECTION_ROWS, ...STATUS_ROWS, ...BODY_ROWS, ...TIME_ROWS]

/** A row takes a tenth of a second. */
const MOST_MS = 15_000

const servers = new LoopbackServers()
const modes = await makeModes()

/** What differs from what a cell expects, in one line; nothing when all is well. */
function problems(cell: string, [told, calls, effects]: Expected, seen: Seen): string[] {
  const inWords = (one: { told: string; calls: number; effects: number }) =>
    `${one.told} (calls: ${one.calls}, effects: ${one.effects})`
  const [expected, found] = [inWords({ told, calls, effects }), inWords(seen)]
  return [
    ...(found === expected ? [] : [`${cell}: ${found} instead of ${expected}`]),
    ...(seen.creates > (told.startsWith('notSent') ? 0 : 1) ? [`${cell}: sent ${seen.creates} creates`] : []),
    ...seen.leaks.map((text) => `${cell}: tells ${text}`),
  ]
}

/** Names the cells that do not end, which would end the whole run otherwise. */
async function unlessOverdue(found: Promise<string[][]>, open: ReadonlySet<string>): Promise<string[]> {
  const ended = new AbortController()
  const overdue = systemClock
    .sleep(MOST_MS, ended.signal)
    .then(() => Array.from(open, (name) => [`${name} never ends`]))
  overdue.catch(() => undefined)
  const problems = await Promise.race([found, overdue])
  ended.abort()
  return problems.flat()
}

/** The cells of a row, each with a name. */
function cellsOf({ cells, fault }: Row) {
  return COLUMNS.flatMap((column) => {
    const cell = cells[column]
    return cell ? modes.map((mode) => ({ column, mode, cell, name: `${column} under ${fault} with ${mode.name}` })) : []
  })
}

const faultGrid = suite('fault grid')

faultGrid.after.each(() => servers.closeAll())

for (const row of ROWS) {
  faultGrid(`every operation tells as declared: ${row.fault}`, async () => {
    const open = new Set<string>()
    const found = cellsOf(row).map(async ({ column, mode, cell, name }) => {
      open.add(name)
      const seen = await runCell(column, mode, row.given, servers)
      open.delete(name)
      return problems(name, expectedIn(cell, mode.name), seen)
    })
    assert.equal(await unlessOverdue(Promise.all(found), open), [])
  })
}

faultGrid('the grid is large, and no two rows are the same fault', () => {
  assert.ok(ROWS.flatMap(cellsOf).length >= 600)
  assert.is(new Set(ROWS.map(({ fault }) => fault)).size, ROWS.length)
})

faultGrid.run()
