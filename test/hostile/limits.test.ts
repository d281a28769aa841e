// What an answer without an end costs at the most: bytes that are read, and pages.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeModes, MARKER } from '../controlplane/fault-grid/modes.ts'
import { LoopbackServers } from '../controlplane/loopback-server.ts'
import type { Answer, Whole } from './answer.ts'
import { openClient, untilEnded } from './client.ts'
import type { HostileServer } from './hostile-server.ts'
import { startHostileServer } from './hostile-server.ts'
import type { Operation, Told } from './operations.ts'
import { OPERATIONS } from './operations.ts'

const MIB = 1_048_576
/** What the system hands over at once, and the headers before it. */
const SLACK = 262_144

const servers = new LoopbackServers()
const server: HostileServer = await startHostileServer(servers)
const [, , mode] = await makeModes()

/** How a call ends that is answered with this, and how much each of its connections has read. */
async function cost(operation: Operation, sent: Answer['sent']): Promise<{ told: Told; read: readonly number[] }> {
  const answer: Answer = { operation, what: 'without an end', must: 'fail', sent }
  const client = openClient(server.origin, mode!.credential)
  server.play(answer)
  const isForever = 'wire' in sent
  const told = await untilEnded(
    client.clock,
    () => isForever && server.sent.has(answer),
    operation.call(client.plane, server.origin),
  )
  assert.ok(await client.close())
  return { told, read: client.sockets.map(({ bytesRead }) => bytesRead) }
}

const endless = (head: string, endless: string): Answer['sent'] => ({
  wire: { what: 'without an end', head, endless, end: 'end' },
})
const large = (status: number, body: Whole['body']): Answer['sent'] => ({ whole: { status, body } })

const limits = suite('limits of what is read')

limits.after(() => servers.closeAll())

for (const operation of OPERATIONS.filter(({ document }) => document)) {
  limits(`${operation.name}: of a body no more than 1 MiB is read, however long it is`, async () => {
    const line = `HTTP/1.1 ${operation.status} Fine\r\n`
    for (const sent of [
      large(operation.status, () => Buffer.alloc(10 * MIB, ' ')),
      endless(`${line}\r\n`, ' '.repeat(65_536)),
      endless(`${line}Transfer-Encoding: chunked\r\n\r\n`, `10000\r\n${' '.repeat(65_536)}\r\n`),
    ]) {
      const { told, read } = await cost(operation, sent)
      assert.ok(told.told === 'failed')
      assert.match(told.failure.message, /larger than 1 MiB/)
      assert.equal(
        read.filter((bytes) => bytes > MIB + SLACK),
        [],
      )
    }
  })

  limits(`${operation.name}: of headers no more than 16 KiB are read, however many there are`, async () => {
    const { told, read } = await cost(
      operation,
      endless(`HTTP/1.1 ${operation.status} Fine\r\n`, `X-${MARKER}: 1\r\n`.repeat(100)),
    )
    assert.ok(told.told === 'failed')
    assert.match(told.failure.message, /HPE_HEADER_OVERFLOW/)
    assert.equal(
      read.filter((bytes) => bytes > SLACK),
      [],
    )
  })
}

limits('pages without an end are read to 32 MiB in all, and then there is no list', async () => {
  const getTenants = OPERATIONS.find(({ column }) => column === 'getTenants')!
  let pages = 0
  const body = () => {
    const document = { ...getTenants.document, _links: { next: { href: `/tenants?after_id=${++pages}` } } }
    return JSON.stringify(document).padEnd(MIB)
  }
  const { told, read } = await cost(getTenants, large(200, body))
  assert.ok(told.told === 'failed')
  assert.is(told.failure.code, 'ControlPlaneUnavailable')
  assert.match(told.failure.message, /its pages are larger than 32 MiB/)
  assert.is(pages, 33)
  assert.ok(read.reduce((sum, bytes) => sum + bytes, 0) < 34 * MIB)
})

limits.run()
