// What is in src/api/generated/ follows from crds/, and the check tells when they do not.
import { spawnSync } from 'node:child_process'
import { appendFile, cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const ROOT = join(import.meta.dirname, '../..')

/** The generator, and what of the program it uses. */
const GENERATOR = [
  '.ci/generate.ts',
  '.ci/generated.ts',
  'src/cli/definitions.ts',
  'src/api/names.ts',
  'src/domain/hash.ts',
]

const types = suite('generated types')
let copy: string

types.before.each(async () => {
  copy = await mkdtemp(join(tmpdir(), 'rai-generate-'))
  for (const path of [...GENERATOR, 'crds', 'src/api/generated', 'package.json', '.prettierrc.json']) {
    await cp(join(ROOT, path), join(copy, path), { recursive: true })
  }
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
})

types.after.each(async () => {
  await rm(copy, { recursive: true, force: true })
})

function generate(...args: string[]): { status: number | null; stderr: string } {
  return spawnSync(process.execPath, [join(copy, '.ci/generate.ts'), ...args], { encoding: 'utf8' })
}

const TENANT_TYPES = 'src/api/generated/raitenant.ts'

types('the check is content with the types that are committed', () => {
  const { status, stderr } = generate('--check')
  assert.equal({ status, stderr }, { status: 0, stderr: '' })
})

types('the check names a stale file, in one line, and leaves it as it is', async () => {
  await appendFile(join(copy, TENANT_TYPES), '// by hand\n')
  const { status, stderr } = generate('--check')
  assert.equal({ status, stderr }, { status: 1, stderr: `${TENANT_TYPES} is stale: run node .ci/generate.ts\n` })
  assert.match(await readFile(join(copy, TENANT_TYPES), 'utf8'), /by hand/)
})

types('what is missing is generated, the same each time', async () => {
  await rm(join(copy, 'src/api/generated'), { recursive: true })
  assert.is(generate().status, 0)
  for (const file of ['condition.ts', 'definitions.ts', 'raitenant.ts', 'raitenantapplication.ts']) {
    const path = join('src/api/generated', file)
    assert.is(await readFile(join(copy, path), 'utf8'), await readFile(join(ROOT, path), 'utf8'), path)
  }
})

types.run()
