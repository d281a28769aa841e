// The benchmark itself, small: every row can be measured, and what it cannot do it says in one line.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { eventually } from '../stack/stack.ts'

const BENCH = fileURLToPath(new URL('../bench/main.ts', import.meta.url))
const ROWS = [
  'looks',
  'first-light',
  'at-once',
  'slow-answers',
  'default-budget',
  'large-fleet',
  'restart',
  'rest',
  'one-change',
  'memory',
  'size',
]

const test = suite('bench')
let folder: string
test.before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rai-bench-test-'))
})
test.after(() => rm(folder, { recursive: true, force: true }))

type Ended = { readonly code: number; readonly out: string; readonly errors: string }

function bench(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, TMPDIR: folder, ...env }, cwd: folder }
    execFile(process.execPath, [BENCH, ...args], options, (error, out, errors) => {
      resolve({ code: error ? Number(error.code ?? 1) : 0, out, errors })
    })
  })
}

/** Processes whose command line names this test's folder, where all that the benchmark makes is. */
async function leftBehind(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const commands = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')))
  return commands.filter((command) => command.includes(folder))
}

test('small, it measures every row, writes what it found, and leaves no process behind', async () => {
  const before = await leftBehind()
  const { code, out, errors } = await bench(['--quick', '--no-go', '--out', 'results'])
  assert.is(code, 0, errors)
  for (const row of ROWS) assert.match(out, `**${row}**`)
  const { results } = JSON.parse(await readFile(join(folder, 'results/results.json'), 'utf8')) as {
    results: { row: string; figures: { what: string; ours?: number }[] }[]
  }
  assert.equal(
    results.map(({ row }) => row),
    ROWS,
  )
  const rows = results.filter(({ row }) => row !== 'size')
  const missing = rows.flatMap(({ figures }) => figures.filter(({ ours }) => !Number.isFinite(ours)))
  assert.equal(missing, [])
  assert.match(await readFile(join(folder, 'results/size.svg'), 'utf8'), /<circle /)
  assert.equal(await leftBehind(), before)
})

test('what it cannot do it says in one line', async () => {
  const noSources = await bench(['--quick', '--only', 'looks', '--go', join(folder, 'nowhere')])
  assert.is(noSources.code, 0, noSources.errors)
  assert.match(noSources.out, /^no Go operator in .*: ours alone\n/)

  await writeFile(join(folder, 'go.mod'), 'module example\n')
  const env = { PATH: dirname(process.execPath), XDG_CACHE_HOME: folder }
  const noToolchain = await bench(['--quick', '--only', 'looks', '--go', folder], env)
  assert.is(noToolchain.code, 0, noToolchain.errors)
  assert.match(noToolchain.out, /^no Go toolchain on PATH .*: ours alone\n/)

  const unknown = await bench(['--only', 'nothing'])
  assert.equal([unknown.code, unknown.out], [1, ''])
  assert.match(unknown.errors, /^no row is called nothing, there are .*\n$/)

  const unwritable = await bench(['--quick', '--only', 'looks', '--no-go', '--out', 'go.mod/results'])
  assert.equal([unwritable.code, unwritable.out], [1, ''])
  assert.match(unwritable.errors, /^results cannot be written to go\.mod\/results: .*\n$/)
})

test('interrupted, it leaves neither processes nor files behind', async () => {
  const before = await leftBehind()
  const temporary = { ...process.env, TMPDIR: await mkdtemp(join(folder, 'tmp-')) }
  const args = [BENCH, '--quick', '--only', 'at-once', '--no-go', '--out', join(folder, 'interrupted')]
  const child = spawn(process.execPath, args, { env: temporary, stdio: 'ignore' })
  // Beside the benchmark itself.
  await eventually('it has begun', async () => (await leftBehind()).length > before.length + 1)
  child.kill('SIGINT')
  assert.equal(await once(child, 'exit'), [130, null])
  await eventually('nothing is left', async () => (await leftBehind()).length === before.length)
  assert.equal(await readdir(temporary.TMPDIR), [])
})

test.run()
