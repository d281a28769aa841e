// In what order Secrets are read, how many at once, and what a failure midway means. What a difference leads to is in altered-secret.test.ts.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Looks } from '../../src/controllers/looks.ts'
import { secretSweep } from '../../src/controllers/sweep-secrets.ts'
import { Failure } from '../../src/errors.ts'
import { boundApplication } from '../doubles/resources.ts'

const test = suite('controllers: sweep of the Secrets')

/** A sweep over Secrets `s-0`, `s-1` … whose reads end when `answer` says so, as left by the operator but for `altered`. */
function sweepOver(count: number, altered: readonly string[] = []) {
  const applications = Array.from({ length: count }, (_, index) =>
    boundApplication(`a-${index}`, {
      metadata: { name: `app-${index}`, uid: `uid-${index}` },
      status: { secret: { name: `s-${index}`, uid: 'u', resourceVersion: '1' } },
    }),
  )
  const read: string[] = []
  const underWay = new Map<string, PromiseWithResolvers<void>>()
  const woken: string[] = []
  const sweep = secretSweep({
    view: { get: () => undefined, all: () => applications },
    secrets: {
      async sight(_namespace, name) {
        read.push(name)
        const end = Promise.withResolvers<void>()
        underWay.set(name, end)
        await end.promise
        return { uid: 'u', resourceVersion: altered.includes(name) ? '2' : '1', isOwned: true }
      },
    },
    deletionPolicy: 'Delete',
    looks: new Looks((key) => woken.push(key)),
    intervalMs: () => 1_000,
  })
  async function answer(name: string, error?: Error) {
    const end = underWay.get(name)!
    underWay.delete(name)
    if (error) end.reject(error)
    else end.resolve()
    await settled()
  }
  return { sweep: sweep.all(new AbortController().signal), read, underWay, woken, answer }
}

/** Once all has gone as far as it can without another answer. */
const settled = () => new Promise((resolve) => setImmediate(resolve))

test('each Secret is read once, eight at a time, the next one as soon as any answer is there', async () => {
  const { sweep, read, underWay, answer } = sweepOver(20)
  assert.equal([...underWay.keys()], ['s-0', 's-1', 's-2', 's-3', 's-4', 's-5', 's-6', 's-7'])
  await answer('s-3')
  assert.ok(underWay.has('s-8'))
  while (underWay.size > 0) {
    assert.ok(underWay.size <= 8)
    await answer([...underWay.keys()].at(-1)!)
  }
  assert.equal(await sweep, { next: 'after', afterMs: 1_000 })
  assert.equal([read.length, new Set(read).size], [20, 20])
})

test('those whose Secret differs are looked at, and nobody else', async () => {
  const { sweep, underWay, woken, answer } = sweepOver(20, ['s-4', 's-19'])
  while (underWay.size > 0) await answer([...underWay.keys()][0]!)
  await sweep
  assert.equal(woken, ['team/app-4', 'team/app-19'])
})

test('a read that fails fails the sweep, and no other read begins', async () => {
  const { sweep, read, underWay, answer } = sweepOver(20)
  const failure = sweep.catch((error: unknown) => error)
  await answer('s-3', new Failure('KubeUnavailable', 'retry', 'GET ...: no answer'))
  assert.is(((await failure) as Failure).code, 'KubeUnavailable')
  while (underWay.size > 0) await answer([...underWay.keys()][0]!)
  assert.is(read.length, 8)
})

test('with no application there is nothing to read', async () => {
  const { sweep, read } = sweepOver(0)
  assert.equal([await sweep, read], [{ next: 'after', afterMs: 1_000 }, []])
})

test.run()
