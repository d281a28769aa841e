// Keeps a version to upgrade from: `node test/e2e/upgrade/keep.ts REF` writes its chart and its bundle into previous.tgz.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { PREVIOUS } from './previous.ts'

const ROOT = join(import.meta.dirname, '../../..')
/** What stands in the image, and the chart. */
const FILES = ['LICENSE', 'package.json', 'charts/rai-operator']
const BUILT = ['dist/LICENSES.txt', 'dist/rai-operator.js']

/**
 * Builds `ref` with the packages of its own lock file, as the Dockerfile does, and packs it. Git packs the same files the same
 * way at any time, by the date of the commit and in nobody's name, and tells which commit it was:
 * `gunzip < previous.tgz | git get-tar-commit-id`.
 */
async function keep(ref: string): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'keep-'))
  try {
    const source = join(directory, 'source')
    await mkdir(source)
    await run(ROOT, 'git', 'archive', `--output=${source}.tar`, ref)
    await run(source, 'tar', '-xf', `${source}.tar`)
    await run(source, 'npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund')
    await run(source, process.execPath, '.ci/build.ts')
    const added = BUILT.map((path) => `--add-file=${join(source, path)}`)
    const archive = ['archive', '--format=tgz', '-9', `--output=${PREVIOUS}`, '--prefix=dist/', ...added, '--prefix=']
    await run(ROOT, 'git', ...archive, ref, ...FILES)
  } finally {
    await rm(directory, { recursive: true })
  }
}

async function run(cwd: string, program: string, ...args: readonly string[]): Promise<void> {
  await promisify(execFile)(program, args, { cwd })
}

const [ref] = process.argv.slice(2)
if (ref === undefined) throw new Error('name what was released: node test/e2e/upgrade/keep.ts v0.1.0')
await keep(ref)
