// The process in which one mutation lives: loads the source with the change, and says by its exit status whether that was noticed.
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Mutation } from './table.ts'
import { MUTATIONS } from './table.ts'

/** Nothing was noticed, something was, or the mutation does not fit the source any more. */
const [UNNOTICED, NOTICED, MISFIT] = [0, 1, 2] as const
const ROOT = join(import.meta.dirname, '../../..')

function mutate({ file, from, to }: Mutation): void {
  const mutated = pathToFileURL(join(ROOT, file)).href
  registerHooks({
    load(url, context, nextLoad) {
      const module = nextLoad(url, context)
      if (url !== mutated) return module
      const source = Buffer.from((module.source ?? '') as Uint8Array).toString()
      if (source.split(from).length !== 2) {
        process.stderr.write(`${file} has ${from} ${source.split(from).length - 1} times\n`)
        process.exit(MISFIT)
      }
      return { ...module, source: source.replace(from, () => to) }
    },
  })
}

const mutation = MUTATIONS[Number(process.argv[2])]!
mutate(mutation)
const { firstFault } = await import('./batteries.ts')
const fault = await firstFault(mutation.caughtBy)
if (fault !== undefined) process.stderr.write(`${fault}\n`)
process.exit(fault === undefined ? UNNOTICED : NOTICED)
