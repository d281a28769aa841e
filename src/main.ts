// The executable: understands the command line, hands over, and turns what came of it into an exit status.
import { ConfigurationError, parseCommand, proxyEnvironment } from './config.ts'
import type { Command } from './config.ts'
import { systemClock } from './clock.ts'
import { Failure } from './errors.ts'

declare const BUILD_VERSION: string
const version = typeof BUILD_VERSION === 'undefined' ? 'unreleased' : BUILD_VERSION

/** A fault of the process itself, a wrong configuration, another replica that has taken over. Source: docs/settings.md. */
const FAULT = 1
const WRONG_CONFIGURATION = 2
const LEASE_LOST = 3

async function main(): Promise<number> {
  const command = understand()
  if (command === undefined) return WRONG_CONFIGURATION
  switch (command.command) {
    case 'help':
      process.stdout.write(command.text)
      return 0
    case 'version':
      process.stdout.write(`${version}\n`)
      return 0
    // Each command loads what it needs and no more.
    case 'simulator': {
      const { runSimulator } = await import('./simulator/command.ts')
      const print = (text: string) => void process.stdout.write(text)
      return runSimulator(command.argv, { print, complain, clock: systemClock }, interrupted())
    }
    case 'export':
      return untilFailure(() => printExport(command))
    case 'run':
      return untilFailure(() => run(command))
  }
}

function understand(): Command | undefined {
  try {
    return parseCommand(process.argv.slice(2), process.env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    complain(error.message)
    return undefined
  }
}

async function run({ config }: Extract<Command, { command: 'run' }>): Promise<void> {
  const { runOperator } = await import('./operator.ts')
  await runOperator({ config, version, proxyEnv: proxyEnvironment(process.env) }, interrupted())
}

async function printExport({ config, namespace }: Extract<Command, { command: 'export' }>): Promise<void> {
  const { runExport } = await import('./operator/export.ts')
  const log = (line: string) => void process.stderr.write(line)
  const proxyEnv = proxyEnvironment(process.env)
  const { stream, remarks } = await runExport({ config, namespace, version, proxyEnv, log }, interrupted())
  process.stdout.write(stream)
  for (const remark of remarks) process.stderr.write(`# ${remark}\n`)
}

/** Zero, or what the failure means that ended the work, told in one line. */
async function untilFailure(work: () => Promise<void>): Promise<number> {
  try {
    await work()
    return 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    complain(error.message)
    if (error.code === 'LeaseLost') return LEASE_LOST
    return error.code === 'WrongConfiguration' ? WRONG_CONFIGURATION : FAULT
  }
}

/** Aborts on the first SIGTERM or SIGINT; a second one ends the process at once, as is Node's way. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => controller.abort(signal))
  return controller.signal
}

function complain(line: string): void {
  process.stderr.write(`rai-operator: ${line}\n`)
}

process.exitCode = await main()
