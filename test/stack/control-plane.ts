// The simulated control plane as a process of its own, and what its admin API tells.
import { parse } from 'yaml'
import { BUNDLE } from './operator.ts'
import type { Flags } from './operator.ts'
import { startProgram, untilLogged } from './program.ts'
import type { Program } from './program.ts'

export type ControlPlane = Program & {
  readonly adminUrl: string
  /** What the operator needs to know of it: control-plane-url, token-url, documents-api-url, credentials-dir. */
  readonly settings: Flags
  /** Calls that reached it, by operation. */
  counts(): Promise<Readonly<Record<string, number>>>
  /** What it holds. */
  state(): Promise<{
    readonly tenants: readonly {
      readonly id: string
      readonly name: string
      readonly applications: readonly unknown[]
    }[]
  }>
}

/** Starts it on a free loopback port; its organization's credential comes to stand in `credentialsDir`. */
export async function startControlPlane(options: {
  readonly credentialsDir: string
  readonly logFile: string
  readonly flags?: Flags
}): Promise<ControlPlane> {
  const flags = { listen: '127.0.0.1:0', 'credentials-dir': options.credentialsDir, ...options.flags }
  const args = Object.entries(flags).map(([name, value]) => `--${name}=${value}`)
  const program = await startProgram([process.execPath, BUNDLE, 'simulator', ...args], options)
  const [, adminUrl, yaml] = await untilLogged(program, /admin API at (\S+)[^]*operator:\n([^]*credentials-dir: .*\n)/)
  const settings = parse(yaml!) as Flags
  const ask = async (path: string) => (await fetch(`${adminUrl}${path}`)).json()
  return {
    ...program,
    adminUrl: adminUrl!,
    settings,
    counts: async () => (await ask('/counts')) as Record<string, number>,
    state: async () => (await ask('/state')) as Awaited<ReturnType<ControlPlane['state']>>,
  }
}
