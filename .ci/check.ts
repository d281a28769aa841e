// The gate: everything that must hold before a change goes in. `npm run check` and `npm test` are this file.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'

type Step = { readonly title: string; readonly command: readonly [program: string, ...args: string[]] }

/** They need nothing of each other, so as many run at a time as there are cores. The slowest come first. */
const STATIC_STEPS: readonly Step[] = [
  { title: 'format', command: ['prettier', '--check', '--log-level=warn', '.'] },
  { title: 'types', command: ['tsc'] },
  { title: 'lint', command: ['oxlint', '--type-aware'] },
  { title: 'build', command: ['node', '.ci/build.ts'] },
  { title: 'generated from crds/', command: ['node', '.ci/generate.ts', '--check'] },
  { title: 'fields from crds/', command: ['node', '.ci/generate-fields.ts', '--check'] },
  { title: 'generated from the settings', command: ['node', '.ci/generate-settings.ts', '--check'] },
  { title: 'generated for Argo CD', command: ['node', '.ci/generate-argocd.ts', '--check'] },
  { title: 'generated for the chart', command: ['node', '.ci/generate-chart.ts', '--check'] },
]

const ROOT = join(import.meta.dirname, '..')
const ENV = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}${delimiter}${process.env.PATH}` }

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Runs a step and tells how it went, with its output when it went wrong. */
async function run({ title, command: [program, ...args] }: Step): Promise<boolean> {
  const startedAt = performance.now()
  const child = spawn(program, args, { cwd: ROOT, env: ENV, stdio: ['ignore', 'pipe', 'pipe'] })
  const exit = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
  const output = await Promise.all([text(child.stdout), text(child.stderr)])
  const ok = await exit
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  say(`${ok ? 'ok  ' : 'FAIL'} ${title}  ${seconds} s${ok ? '' : `  (${[program, ...args].join(' ')})`}`)
  if (!ok) say(output.join('').trim())
  return ok
}

async function runAll(steps: readonly Step[]): Promise<boolean> {
  const left = [...steps]
  let ok = true
  const worker = async (): Promise<void> => {
    for (let step = left.shift(); step; step = left.shift()) ok = (await run(step)) && ok
  }
  await Promise.all(Array.from({ length: Math.max(2, availableParallelism()) }, worker))
  return ok
}

/** The tests speak for themselves, and their last line is the last line of all. */
function runTests(): void {
  const child = spawn('node', ['test/run.ts'], { cwd: ROOT, env: ENV, stdio: ['ignore', 'inherit', 'inherit'] })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  child.once('close', (code) => {
    process.exitCode = code ?? 1
  })
}

if (await runAll(STATIC_STEPS)) runTests()
else process.exitCode = 1
