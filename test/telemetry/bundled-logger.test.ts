// The logger as it is shipped: part of one file, in a process that ends abruptly.
import { spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bundle } from '../../.ci/build.ts'

const LINES = 2000

const test = suite<{ dir: string; program: string }>('bundled logger')

test.before(async (context) => {
  context.dir = await mkdtemp(join(tmpdir(), 'rai-logger-'))
  context.program = join(context.dir, 'program.mjs')
  const { files } = await bundle(join(import.meta.dirname, 'logging-program.ts'))
  await writeFile(context.program, files.get('rai-operator.js')!)
})

test.after(async ({ dir }) => {
  await rm(dir, { recursive: true })
})

for (const format of ['json', 'pretty']) {
  test(`${format}: every line is written when the process ends, and nothing else is needed to write it`, (context) => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [context.program, format, String(LINES)], {
      cwd: context.dir,
      encoding: 'utf8',
    })
    assert.is(stderr, '')
    assert.is(status, 3)
    const lines = stdout.trimEnd().split('\n')
    assert.is(lines.length, LINES)
    assert.match(lines.at(-1)!, 'the last line')
  })
}

test.run()
