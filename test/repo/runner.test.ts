// The runner believes nobody: whatever goes wrong in a test file, somebody learns of it.
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { FileResult } from '../file-process.ts'
import { runFiles } from '../file-process.ts'

const runner = suite('runner')

type Row = { readonly fixture: string; readonly passed: number; readonly failed: number; readonly says: RegExp }

const ROWS: readonly (readonly [rule: string, row: Row])[] = [
  ['a test that passes is counted', { fixture: 'passes', passed: 1, failed: 0, says: /^$/ }],
  [
    'a test that fails is counted and shown',
    { fixture: 'fails', passed: 1, failed: 1, says: /one and one make three/ },
  ],
  ['a file that registers no test fails', { fixture: 'without-run', passed: 0, failed: 1, says: /\.run\(\)/ }],
  ['a test that is skipped fails', { fixture: 'skips', passed: 1, failed: 1, says: /1 skipped/ }],
  [
    'a hook that throws fails its tests and says why',
    { fixture: 'hook-throws', passed: 0, failed: 1, says: /hook says/ },
  ],
  ['a process that ends early fails', { fixture: 'settles-never', passed: 0, failed: 1, says: /nobody settles/ }],
  ['an error after the last test fails', { fixture: 'throws-late', passed: 1, failed: 1, says: /after its tests/ }],
]

async function run(
  fixtures: readonly string[],
  limitMs: number,
  signal = new AbortController().signal,
): Promise<FileResult[]> {
  const results: FileResult[] = []
  const files = fixtures.map((fixture) => join(import.meta.dirname, 'fixtures', `${fixture}.ts`))
  const options = { limitMs, env: {}, onStart: () => {}, onResult: (result: FileResult) => results.push(result) }
  await runFiles(files, options, signal)
  return results
}

function sum(results: readonly FileResult[], count: 'passed' | 'failed'): number {
  return results.reduce((total, result) => total + result[count], 0)
}

for (const [rule, { fixture, passed, failed, says }] of ROWS) {
  runner(rule, async () => {
    const results = await run([fixture], 20_000)
    assert.equal([sum(results, 'passed'), sum(results, 'failed')], [passed, failed])
    assert.match(results.map(({ errors }) => errors).join(''), says)
  })
}

runner('a file over its limit fails, ends with all it started, and fails the files after it', async () => {
  // That this returns at all shows the second half: what the file started holds on to its output.
  const results = await run(['passes', 'hangs', 'fails'], 2_000)
  assert.equal(
    results.map(({ passed, failed }) => [passed, failed]),
    [
      [1, 0],
      [0, 1],
      [0, 1],
    ],
  )
  assert.match(results[1]!.errors, /longer than 2 s/)
  assert.match(results[2]!.errors, /not run/)
})

runner('an interrupted file fails at once', async () => {
  const results = await run(['hangs'], 20_000, AbortSignal.timeout(500))
  assert.is(results[0]!.failed, 1)
  assert.match(results[0]!.errors, /interrupted/)
})

runner.run()
