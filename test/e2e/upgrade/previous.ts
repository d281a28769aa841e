// The version that is upgraded from, as keep.ts has kept it.
import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

export const PREVIOUS = join(import.meta.dirname, 'previous.tgz')

/** Where a version stands. */
export type Version = { readonly chart: string; readonly bundle: string }

/** Unpacks it into a folder, which need not be there. */
export async function unpackPrevious(folder: string): Promise<Version> {
  await mkdir(folder, { recursive: true })
  await promisify(execFile)('tar', ['-xzf', PREVIOUS, '-C', folder])
  return { chart: join(folder, 'charts/rai-operator'), bundle: join(folder, 'dist/rai-operator.js') }
}
