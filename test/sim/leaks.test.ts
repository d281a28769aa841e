// Random lives with faults of every kind, whose operators log all that they ever log: no secret is in it, nor in any Event.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LogFields } from '../../src/log.ts'
import { createLogger } from '../../src/telemetry/logger.ts'
import { CANARY, leaksIn } from '../leaks/search.ts'
import type { Known } from '../leaks/search.ts'
import { liveThrough } from './chaos.ts'
import { KeyPool } from './key-pool.ts'
import type { World } from './world.ts'

const test = suite('leaks')
const SEEDS = 40
/** As many as a life makes, or more. */
const KEYS = 40
const pool = await KeyPool.make({ rsa: false })

/** The keys that each life is dealt, and what the organization proves itself with. */
async function secretsOf(world: World): Promise<readonly Known[]> {
  const maker = pool.maker()
  const keys = await Promise.all(Array.from({ length: KEYS }, () => maker.make({ type: 'EC' })))
  return [
    { kind: 'the secret of the organization', value: world.organizationCredential.proof.clientSecret.reveal() },
    ...keys.flatMap(({ privateKeyPem, privateKeyJwk }) => [
      { kind: 'a private key of an application', value: privateKeyPem.reveal() },
      { kind: 'a private key of an application as JWK', value: privateKeyJwk.reveal() },
    ]),
  ]
}

/** The log as the operator's own logger writes it. */
async function written(world: World, more: LogFields = {}): Promise<string> {
  const lines: string[] = []
  const destination = { write: (line: string) => void lines.push(line) }
  const logger = await createLogger({ level: 'debug', format: 'json', clock: world.time.clock(), destination })
  for (const { level, message, fields } of world.log) logger[level]({ ...fields, ...more }, message)
  return lines.join('')
}

test('no log and no Event holds a secret, whatever goes wrong', async () => {
  const leaks: string[] = []
  let lines = 0
  for (let seed = 0; seed < SEEDS; seed++) {
    const { world } = await liveThrough(pool, seed)
    const events = world.api.all('Event').map((event) => JSON.stringify(event))
    lines += world.log.length
    const told = [
      { where: `the log of seed ${seed}`, text: await written(world) },
      { where: `the Events of seed ${seed}`, text: events.join('\n') },
    ]
    leaks.push(...leaksIn(told, await secretsOf(world)))
  }
  assert.equal(leaks, [])
  assert.ok(lines > SEEDS * 100, `only ${lines} lines`)
})

test('one that was logged would be found', async () => {
  const { world } = await liveThrough(pool, 0)
  const text = await written(world, { answer: `{"client_secret":"${CANARY}x"}` })
  assert.equal(leaksIn([{ where: 'the log', text }], []), [
    'a client secret or a token of the control plane in the log, line 1',
  ])
})

test.run()
