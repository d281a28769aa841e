// The simulated control plane as a process of its own, and what its admin API tells.
import { parse } from 'yaml'
import { ALGORITHMS } from '../../src/controlplane/client-auth.ts'
import { writeJson } from '../../src/controlplane/json.ts'
import type { KeyPair } from '../../src/domain/external.ts'
import type { LogEntry } from '../../src/simulator/call-log.ts'
import type { StateReport } from '../../src/simulator/person.ts'
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
  /** The calls of one operation, oldest first. */
  calls(op: string): Promise<readonly LogEntry[]>
  /** What it holds. */
  state(): Promise<StateReport>
  /** Makes something go wrong, see `GET /admin`, until what it returns is called. */
  disturb(fault: object): Promise<() => Promise<void>>
  /** Nothing goes wrong any more. */
  calm(): Promise<void>
  /** A person makes a tenant by hand: its id. */
  makeTenant(name: string): Promise<string>
  /** A person makes an application in a tenant by hand: with the public half of this key, else with a client secret. */
  makeApplication(
    tenant: string,
    request: { readonly cell: string; readonly scopes: readonly string[]; readonly key?: KeyPair },
  ): Promise<Handmade>
  /** The organization gets another credential. */
  makeCredential(): Promise<{ readonly clientId: string; readonly clientSecret: string }>
  /** A credential of the organization obtains no token any more. */
  deleteCredential(clientId: string): Promise<void>
  /** A person deletes a tenant, by name or id, with all that is in it. */
  deleteTenant(tenant: string): Promise<void>
  /** A person deletes an application in a tenant. */
  deleteApplication(tenant: string, id: string): Promise<void>
}

/** An application made by hand. Its secret is shown this once. */
export type Handmade = { readonly id: string; readonly clientId: string; readonly clientSecret?: string }

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
  const ask = async (path: string, method = 'GET', body?: object): Promise<unknown> => {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${adminUrl}${path}`, { method, ...(body && { headers, body: writeJson(body) }) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`the simulator answers ${answer.status} to ${method} ${path}: ${text}`)
    return text === '' ? undefined : JSON.parse(text)
  }
  return {
    ...program,
    adminUrl: adminUrl!,
    settings,
    counts: async () => (await ask('/counts')) as Record<string, number>,
    calls: async (op) => ((await ask(`/log?op=${op}`)) as { entries: LogEntry[] }).entries,
    state: async () => (await ask('/state')) as StateReport,
    async disturb(fault) {
      const { id } = (await ask('/fault', 'POST', fault)) as { id: number }
      return async () => void (await ask(`/fault/${id}`, 'DELETE'))
    },
    calm: async () => void (await ask('/fault', 'DELETE')),
    makeTenant: async (name) => ((await ask('/tenants', 'POST', { name })) as { id: string }).id,
    async makeApplication(tenant, { key, ...request }) {
      const auth_method = key ? authMethodOf(key) : { type: 'CLIENT_SECRET' }
      const made = await ask(`/tenants/${tenant}/applications`, 'POST', { ...request, auth_method })
      const {
        id,
        client_id: clientId,
        credentials,
      } = made as {
        id: string
        client_id: string
        credentials: { client_secret?: string }
      }
      const { client_secret: clientSecret } = credentials
      return { id, clientId, ...(clientSecret !== undefined && { clientSecret }) }
    },
    async makeCredential() {
      const made = (await ask('/credentials', 'POST')) as { client_id: string; client_secret: string }
      return { clientId: made.client_id, clientSecret: made.client_secret }
    },
    deleteCredential: async (clientId) => void (await ask(`/credentials/${clientId}`, 'DELETE')),
    deleteTenant: async (tenant) => void (await ask(`/tenants/${tenant}?force=true`, 'DELETE')),
    deleteApplication: async (tenant, id) => void (await ask(`/tenants/${tenant}/applications/${id}`, 'DELETE')),
  }
}

function authMethodOf({ type, kid, publicKey }: KeyPair): object {
  return { type, alg: ALGORITHMS[type], kid, ...publicKey }
}
