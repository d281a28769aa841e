// The folder of finished programs holds nothing half-made, whoever was interrupted.
import { createHash } from 'node:crypto'
import { rmSync } from 'node:fs'
import { mkdtemp, readFile, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findProgram, finishProgram, partialPath, withLock } from './cache.ts'

const test = suite('cluster/cache')

let folder = ''
test.before.each(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rai-cache-'))
})
test.after.each(async () => rm(folder, { recursive: true, force: true }))

async function finished(): Promise<string> {
  const partial = partialPath(folder, 'etcd')
  await writeFile(partial, 'a program')
  return finishProgram(folder, 'etcd', partial, { version: '3.7.0', origin: 'somewhere' })
}

test('a finished program is found, executable, with its version, origin and checksum on record', async () => {
  const path = await finished()
  assert.is(await findProgram(folder, 'etcd'), path)
  assert.is((await stat(path)).mode & 0o777, 0o755)
  assert.equal(JSON.parse(await readFile(`${path}.json`, 'utf8')), {
    version: '3.7.0',
    origin: 'somewhere',
    sha256: createHash('sha256').update('a program').digest('hex'),
    bytes: 9,
  })
  assert.equal((await readdir(folder)).sort(), ['etcd', 'etcd.json'])
})

const unfinished: { title: string; damage: () => Promise<void> }[] = [
  { title: 'an empty folder', damage: () => rm(folder, { recursive: true }) },
  { title: 'a program that is still being written', damage: () => rm(join(folder, 'etcd')) },
  { title: 'a program whose record is not written yet', damage: () => rm(join(folder, 'etcd.json')) },
  { title: 'a program that is shorter than its record says', damage: () => truncate(join(folder, 'etcd'), 4) },
  { title: 'a record that was cut', damage: () => truncate(join(folder, 'etcd.json'), 20) },
  { title: 'an empty record', damage: () => writeFile(join(folder, 'etcd.json'), '{}') },
]

for (const { title, damage } of unfinished) {
  test(`${title} is not taken for a finished program`, async () => {
    await finished()
    await damage()
    assert.is(await findProgram(folder, 'etcd'), undefined)
  })
}

test('a program can be finished again over an older one', async () => {
  await finished()
  await truncate(join(folder, 'etcd'), 4)
  const path = await finished()
  assert.is(await findProgram(folder, 'etcd'), path)
})

const lockPath = () => join(folder, '.lock')
const unexpected = () => assert.unreachable('nobody holds the lock')
const nothing = () => Promise.resolve()
const TIMING = { beatMs: 10, staleMs: 5_000, pollMs: 5, tellMs: 10 }

test('work under the lock is never done by two at once', async () => {
  let inside = 0
  let most = 0
  const work = async () => {
    most = Math.max(most, ++inside)
    await readdir(folder)
    inside--
  }
  await Promise.all(Array.from({ length: 5 }, () => withLock(folder, () => undefined, work, undefined, TIMING)))
  assert.is(most, 1)
  assert.equal(await readdir(folder), [])
})

test('the lock is given back when the work fails', async () => {
  const failing = () => Promise.reject(new Error('no'))
  await withLock(folder, unexpected, failing, undefined, TIMING).catch(() => undefined)
  assert.is(await withLock(folder, unexpected, () => Promise.resolve('done'), undefined, TIMING), 'done')
})

test('the lock of a holder that went silent is taken over', async () => {
  await writeFile(lockPath(), 'killed')
  const longAgo = new Date(Date.now() - TIMING.staleMs - 1_000)
  await utimes(lockPath(), longAgo, longAgo)
  assert.is(
    await withLock(
      folder,
      () => undefined,
      () => Promise.resolve('done'),
      undefined,
      TIMING,
    ),
    'done',
  )
})

test('a holder that lives keeps the lock fresh', async () => {
  await withLock(
    folder,
    unexpected,
    async () => {
      const longAgo = new Date(Date.now() - 60_000)
      await utimes(lockPath(), longAgo, longAgo)
      while ((await stat(lockPath())).mtimeMs < Date.now() - 30_000) await readdir(folder)
      assert.is.not((await stat(lockPath())).mtimeMs, longAgo.getTime())
    },
    undefined,
    TIMING,
  )
})

test('one that waits hears of it again and again', async () => {
  await writeFile(lockPath(), 'somebody')
  let told = 0
  const waiting = () => {
    if (++told === 3) rmSync(lockPath())
  }
  await withLock(folder, waiting, nothing, undefined, TIMING)
  assert.ok(told >= 3)
})

test('a wait for the lock ends with its signal', async () => {
  await writeFile(lockPath(), 'somebody')
  const given = new AbortController()
  const waiting = withLock(folder, () => given.abort(), nothing, given.signal, TIMING)
  assert.is(
    await waiting.then(
      () => 'done',
      (error: Error) => error.name,
    ),
    'AbortError',
  )
  assert.is(await readFile(lockPath(), 'utf8'), 'somebody')
})

test('what interrupted processes left is cleared away once it is old', async () => {
  const [old, young] = [partialPath(folder, 'etcd'), partialPath(folder, 'etcd')]
  await writeFile(old, 'half')
  await writeFile(young, 'half')
  const longAgo = new Date(Date.now() - 2 * 60 * 60_000)
  await utimes(old, longAgo, longAgo)
  await withLock(folder, unexpected, nothing, undefined, TIMING)
  assert.equal(
    (await readdir(folder)).map((name) => join(folder, name)),
    [young],
  )
})

test.run()
