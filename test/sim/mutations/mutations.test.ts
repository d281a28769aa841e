// Do the simulations bite? With any one rule of the protocol taken away, they notice.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MUTATIONS } from './table.ts'

const test = suite('mutations')
const MUTANT = join(import.meta.dirname, 'mutant.ts')
/** A mutant that goes in circles is noticed, too: by its not ending. */
const LIMIT_MS = 90_000

type Verdict = { readonly code: number | null; readonly said: string }

async function live(...args: readonly string[]): Promise<Verdict> {
  const child = spawn(process.execPath, ['--max-old-space-size=1024', MUTANT, ...args])
  const limit = setTimeout(() => child.kill('SIGKILL'), LIMIT_MS)
  const said = Promise.all([text(child.stdout), text(child.stderr)])
  const [code] = (await once(child, 'exit')) as [number | null]
  clearTimeout(limit)
  return { code, said: (await said).join('').trim().slice(-2_000) }
}

test('there are more than twenty', () => assert.ok(MUTATIONS.length > 20, String(MUTATIONS.length)))

for (const [index, { without, caughtBy }] of MUTATIONS.entries()) {
  test(`it is noticed when it is not so that ${without}`, async () => {
    const { code, said } = await live(String(index))
    assert.is.not(code, 0, `not noticed by ${caughtBy}`)
    assert.is.not(code, 2, said)
  })
}

test.run()
