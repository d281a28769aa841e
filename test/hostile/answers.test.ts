// Whatever a control plane answers, each call ends with the valid data or with a failure that may be shown to anybody.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeModes } from '../controlplane/fault-grid/modes.ts'
import { LoopbackServers } from '../controlplane/loopback-server.ts'
import { settled } from '../doubles/manual-clock.ts'
import type { Answer } from './answer.ts'
import { ANSWERS, FAMILIES } from './answers.ts'
import type { HostileClient } from './client.ts'
import { openClient, untilEnded } from './client.ts'
import type { HostileServer } from './hostile-server.ts'
import { startHostileServer } from './hostile-server.ts'
import { problemsOf } from './judgement.ts'
import { OPERATIONS } from './operations.ts'

const servers = new LoopbackServers()
const server = await startHostileServer(servers)
const [ec, , secret] = await makeModes()
let opened = 0
/** Nobody is there to catch these. */
const uncaught: unknown[] = []
const onUncaught = (error: unknown) => void uncaught.push(error)

/** Plays one answer to a client that has its token already, unless that is what is tried. */
async function judge(answer: Answer, client: HostileClient, { sent, creates, bearer }: HostileServer) {
  const { sent: how } = answer
  const isWaiting = () =>
    'wire' in how && (how.wire.endless !== undefined || how.wire.end === 'stay') && sent.has(answer)
  server.play(answer)
  const told = await untilEnded(client.clock, isWaiting, answer.operation.call(client.plane, server.origin))
  return problemsOf(answer, { told, creates: creates(), bearer: bearer(), lines: client.takeLines() })
}

/** After a whole success a client is as it was, whatever it made of it. */
function leavesAsItWas({ operation, sent }: Answer): boolean {
  return 'whole' in sent && sent.whole.status === operation.status && operation.column !== 'organizationToken'
}

/** What is wrong with what came of these, one line each. Half of the clients have a secret, half a key. */
async function problems(answers: readonly Answer[]): Promise<string[]> {
  const found: string[] = []
  let client: HostileClient | undefined
  for (const [index, answer] of answers.entries()) {
    client ??= openClient(server.origin, (opened++ % 2 === 0 ? secret : ec)!.credential)
    const name = `${answer.operation.name}, ${answer.what}`
    const wrong = await judge(answer, client, server).catch((error: unknown) => [`ends with ${String(error)}`])
    found.push(...wrong.map((problem) => `${name}: ${problem}`))
    if (leavesAsItWas(answer) && index < answers.length - 1) continue
    if (!(await client.close())) found.push(`${name}: a socket is left open`)
    client = undefined
  }
  return found
}

const answers = suite('hostile answers')

answers.before(() => {
  process.on('uncaughtException', onUncaught)
  process.on('unhandledRejection', onUncaught)
})

answers.after(async () => {
  await servers.closeAll()
  process.off('uncaughtException', onUncaught)
  process.off('unhandledRejection', onUncaught)
})

for (const [family, rows] of Object.entries(FAMILIES)) {
  for (const operation of OPERATIONS) {
    const own = rows.filter((answer) => answer.operation === operation)
    if (own.length === 0) continue
    answers(`${operation.name} ends with the valid data or a failure that may be shown: ${family}`, async () => {
      assert.equal(await problems(own), [])
    })
  }
}

answers('there are at least 600 answers, no two the same, and each was sent', () => {
  assert.ok(ANSWERS.length >= 600)
  assert.is(new Set(ANSWERS.map(({ operation, what }) => `${operation.name} ${what}`)).size, ANSWERS.length)
  const unsent = ANSWERS.filter((answer) => !server.sent.has(answer))
  assert.equal(
    unsent.map(({ operation, what }) => `${operation.name} ${what}`),
    [],
  )
})

answers('nothing is thrown where nobody catches it', async () => {
  await settled()
  assert.equal(uncaught, [])
})

answers.run()
