// The CI script ends with one line that sums the tests, and fails when they did, whatever npm says around it.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { read, ROOT } from './source-files.ts'

type Row = { readonly prints: readonly string[]; readonly exits: number; readonly last: string; readonly ok: boolean }

const ROWS: readonly (readonly [rule: string, row: Row])[] = [
  ['passed tests pass', { prints: ['3 passed, 0 failed'], exits: 0, last: '3 passed, 0 failed', ok: true }],
  [
    'what npm adds after the tests comes before the last line',
    { prints: ['2 passed, 1 failed', 'npm error code 1'], exits: 1, last: '2 passed, 1 failed', ok: false },
  ],
  [
    'a gate that fails before the tests is a failure',
    { prints: ['no'], exits: 1, last: '0 passed, 1 failed', ok: false },
  ],
  ['a run without tests is a failure', { prints: ['fine'], exits: 0, last: '0 passed, 1 failed', ok: false }],
  ['no test passed is a failure', { prints: ['0 passed, 0 failed'], exits: 0, last: '0 passed, 1 failed', ok: false }],
  [
    'a failure after the tests is counted',
    { prints: ['3 passed, 0 failed'], exits: 7, last: '3 passed, 1 failed', ok: false },
  ],
]

let folder: string
const ciRun = suite('.ci/run')

ciRun.before(() => {
  folder = mkdtempSync(join(tmpdir(), 'rai-ci-'))
})

ciRun.after(() => {
  rmSync(folder, { recursive: true })
})

for (const [rule, { prints, exits, last, ok }] of ROWS) {
  ciRun(rule, () => {
    const lines = prints.map((line) => `echo '${line}'`).join('\n')
    // Stands in for npm; without CI, with an input or with other words it fails.
    const npm = `#!/bin/sh\n[ "$CI $*" = 'true cit' ] || exit 9\nread -r line && exit 9\n${lines}\nexit ${exits}\n`
    writeFileSync(join(folder, 'npm'), npm, { mode: 0o755 })
    const { stdout, status } = spawnSync(join(ROOT, '.ci/run'), {
      cwd: folder,
      env: { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}` },
      input: 'somebody types\n',
      encoding: 'utf8',
    })
    assert.is(stdout.trimEnd().split('\n').at(-1), last)
    assert.is(stdout.match(/\d+ passed, \d+ failed/g)?.length, 1)
    assert.is(status === 0, ok)
  })
}

ciRun("it runs the README's test command", () => {
  assert.match(read('README.md'), 'npm cit')
  assert.match(read('.ci/run'), 'npm cit')
})

ciRun.run()
