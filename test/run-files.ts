// The process in which test files run, one after the other; test/file-process.ts starts it, gives it files and hears the results.
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'

/** What this process tells the one that started it. */
export type Progress =
  | { readonly event: 'started'; readonly file: string }
  | {
      readonly event: 'finished'
      readonly file: string
      readonly passed: number
      readonly failed: number
      /** Why tests failed, for people; empty when none did. */
      readonly errors: string
    }

type UvuSuite = () => Promise<[errors: string | true, passed: number, skipped: number, total: number]>
type UvuGlobals = { UVU_DEFER: number; UVU_INDEX: number; UVU_QUEUE: UvuSuite[][] }

/** How long a process may take to end by itself once its tests are through. */
const LEFTOVERS_MS = 5_000

/**
 * A `return` in a `finally` of uvu 0.5.6 swallows what a `before` or `after` hook throws: the suite's tests are missing
 * from the count and nobody learns why. This puts a `catch` in between.
 */
function showHookErrors(): void {
  const swallowing = '} finally {\n\t\tstate.__test__'
  const telling = `} catch (err) {\n\t\terrors += format('(hook)', err, name);\n\t${swallowing}`
  registerHooks({
    load(url, context, nextLoad) {
      const module = nextLoad(url, context)
      if (!url.endsWith('/uvu/dist/index.mjs')) return module
      const source = Buffer.from((module.source ?? '') as Uint8Array).toString()
      if (!source.includes(swallowing)) throw new Error('uvu has changed: is showHookErrors still needed?')
      return { ...module, source: source.replace(swallowing, telling) }
    },
  })
}

function tell(progress: Progress): void {
  process.send?.(progress)
}

async function runFile(file: string, uvu: UvuGlobals): Promise<void> {
  tell({ event: 'started', file })
  const suites: UvuSuite[] = []
  uvu.UVU_QUEUE = [suites]
  const problems: string[] = []
  let passed = 0
  let failed = 0
  try {
    await import(pathToFileURL(file).href)
    if (suites.length === 0) throw new Error('it registers no test: does it call .run()?')
    for (const suite of suites) {
      const [errors, done, skipped, total] = await suite()
      if (total === 0) throw new Error('.run() was called on a suite without tests')
      passed += done
      failed += total - done
      if (errors !== true) problems.push(errors)
      if (errors !== true && total === done) failed++
      if (skipped > 0) problems.push(`  ${skipped} skipped, by .skip or .only: every case is to run\n`)
      failed += skipped
    }
  } catch (error) {
    failed++
    problems.push(`  ${error instanceof Error ? error.stack : String(error)}\n`)
  }
  tell({ event: 'finished', file, passed, failed, errors: problems.join('\n') })
}

/** Dies with the process that started this one, and takes along what the tests started. */
function endWithParent(): void {
  process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'))
  process.channel?.unref()
}

async function main(files: readonly string[]): Promise<void> {
  endWithParent()
  showHookErrors()
  const uvu = globalThis as unknown as UvuGlobals
  uvu.UVU_DEFER = 1
  uvu.UVU_INDEX = 0
  for (const file of files) await runFile(file, uvu)
  setTimeout(() => {
    const open = process.getActiveResourcesInfo().filter((name) => name !== 'PipeWrap' && name !== 'TTYWrap')
    process.stderr.write(`still open ${LEFTOVERS_MS / 1000} s after the last test: ${open.join(', ')}\n`)
    process.exit(1)
  }, LEFTOVERS_MS).unref()
}

await main(process.argv.slice(2))
