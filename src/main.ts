// The executable: understands the command line, hands over, and turns what came of it into an exit status.
import { basename } from 'node:path'
import { ConfigurationError, parseCommand, proxyEnvironment, wantsColours } from './config.ts'
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
      print(command.text)
      return 0
    case 'version':
      print(`${version}\n`)
      return 0
    // Each command loads what it needs and no more.
    case 'simulator': {
      const { runSimulator } = await import('./simulator/command.ts')
      return runSimulator(command.argv, { print, complain, clock: systemClock }, interrupted())
    }
    case 'rai': {
      const { runPlugin } = await import('./operator/plugin.ts')
      const io = { print, say, isColoured: isColoured(), version, clock: systemClock }
      return runPlugin(command.argv, io, interrupted())
    }
    case 'check':
      return untilFailure(() => check(command))
    case 'export':
      return untilFailure(() => printExport(command))
    case 'run':
      return untilFailure(() => run(command))
  }
}

function understand(): Command | undefined {
  try {
    return parseCommand(words(), process.env)
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    complain(error.message)
    return undefined
  }
}

/** The command line. By a link of this name to the program, kubectl finds it as its plugin. */
function words(): string[] {
  const [, program = '', ...argv] = process.argv
  return /^kubectl-rai(?:\.js)?$/.test(basename(program)) ? ['rai', ...argv] : argv
}

async function run({ config }: Extract<Command, { command: 'run' }>): Promise<number> {
  const { runOperator } = await import('./operator.ts')
  await runOperator({ config, version, proxyEnv: proxyEnvironment(process.env) }, interrupted())
  return 0
}

async function check({ config, output }: Extract<Command, { command: 'check' }>): Promise<number> {
  const { runCheck } = await import('./operator/check.ts')
  const proxyEnv = proxyEnvironment(process.env)
  const options = { config, output, isColoured: isColoured(), version, proxyEnv, log }
  const { text, isAllWell } = await runCheck(options, interrupted())
  print(text)
  return isAllWell ? 0 : FAULT
}

async function printExport({ config, namespace, output }: Extract<Command, { command: 'export' }>): Promise<number> {
  const { runExport } = await import('./operator/export.ts')
  const proxyEnv = proxyEnvironment(process.env)
  const { text, remarks } = await runExport({ config, namespace, output, version, proxyEnv, log }, interrupted())
  print(text)
  for (const remark of remarks) say(`# ${remark}`)
  return 0
}

/** What `work` comes to, or what the failure means that ended it, told in one line. */
async function untilFailure(work: () => Promise<number>): Promise<number> {
  try {
    return await work()
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

function print(text: string): void {
  // Whoever reads only the beginning, such as `head`, has what they wanted.
  process.stdout.once('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  process.stdout.write(text)
}

function log(line: string): void {
  process.stderr.write(line)
}

function say(line: string): void {
  log(`${line}\n`)
}

function complain(line: string): void {
  say(`rai-operator: ${line}`)
}

function isColoured(): boolean {
  return wantsColours(process.env, process.stdout.isTTY)
}

process.exitCode = await main()
