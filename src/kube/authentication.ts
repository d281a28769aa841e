// Who we are to the API server and whom we trust, kept up to date: client-node knows the ways, this reads the files.
import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node/dist/config.js'
import type { Cluster, User } from '@kubernetes/client-node/dist/config_types.js'
import type { Clock } from '../clock.ts'
import { Failure } from '../errors.ts'
import type { Connection } from './connections.ts'

/** How old a file's content may be. A service account's token is replaced while a fifth of its life is left: 12 minutes. */
const FRESH_MS = 30_000

/** Expired a moment ago, a credential is renewed by the 401 that comes. */
const SHARED_MS = 1_000

/** What a request needs. */
export type Access = {
  readonly headers: Readonly<Record<string, string>>
  readonly connection: Connection
}

/** The contents of the files that a kubeconfig names. */
type Files = { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly token?: Buffer }

/** The user of a kubeconfig, by certificate, token, password, exec plugin or OIDC. Never blocks the event loop. */
export class Authentication {
  readonly #cluster: Cluster
  readonly #user: User
  readonly #clock: Clock
  #files: Files = {}
  /** Holds no paths. Kept while the files are the same, since it remembers what an exec plugin answered. */
  #inline: KubeConfig | undefined
  #readAt = Number.NEGATIVE_INFINITY
  #renewedAt = Number.NEGATIVE_INFINITY
  #current: Promise<Access> | undefined
  /** What `#current` came to, and when. */
  #obtained: { readonly access: Access; readonly at: number } | undefined

  constructor(kubeconfig: KubeConfig, clock: Clock) {
    this.#cluster = kubeconfig.getCurrentCluster()!
    // Without a user, client-node would not look at the cluster's CA either.
    this.#user = kubeconfig.getCurrentUser() ?? { name: 'anonymous' }
    this.#clock = clock
  }

  /** What {@link current} would give, if nobody has to wait for it. */
  get known(): Access | undefined {
    const obtained = this.#obtained
    return obtained && this.#clock.monotonic() - obtained.at < SHARED_MS ? obtained.access : undefined
  }

  /**
   * What to send with a request now. Those who ask within a second share one answer, and one run of an exec plugin.
   * Throws `KubeUnavailable` when a file cannot be read or a plugin fails.
   */
  current(): Promise<Access> {
    const isAged = this.#obtained && !this.known
    if (this.#current && !isAged) return this.#current
    // However long it takes: until it is there, it is new.
    this.#obtained = undefined
    return (this.#current = this.#obtain())
  }

  /** The API server no longer knows us: forgets what is remembered. False when that was done a moment ago already. */
  renew(): boolean {
    const now = this.#clock.monotonic()
    if (now - this.#renewedAt < FRESH_MS) return false
    this.#renewedAt = now
    this.#readAt = Number.NEGATIVE_INFINITY
    this.#inline = undefined
    this.#current = undefined
    this.#obtained = undefined
    return true
  }

  async #obtain(): Promise<Access> {
    const renewedAt = this.#renewedAt
    try {
      const access = await this.#access()
      // What was asked for before a 401 is not trusted after it.
      if (renewedAt === this.#renewedAt) this.#obtained = { access, at: this.#clock.monotonic() }
      return access
    } catch (error) {
      this.#current = undefined
      throw error
    }
  }

  async #access(): Promise<Access> {
    const inline = await this.#upToDate()
    const options: RequestOptions = {}
    try {
      await inline.applyToHTTPSOptions(options)
    } catch (error) {
      // An exec plugin's complaint may hold anything.
      throw unavailable(`the kubeconfig's user ${this.#user.name} gets no credential: run its plugin by hand`, error)
    }
    const { ca, cert, key, passphrase, rejectUnauthorized, servername, agent } = options
    const tls = definedOf({ ca, cert, key, passphrase, rejectUnauthorized, servername })
    const proxyUrl = this.#cluster.proxyUrl
    return { headers: headersOf(options), connection: { tls, proxyUrl, agent: agent as Agent } }
  }

  async #upToDate(): Promise<KubeConfig> {
    const now = this.#clock.monotonic()
    if (this.#inline && now - this.#readAt < FRESH_MS) return this.#inline
    const files = await this.#read()
    this.#readAt = now
    if (!this.#inline || !isEqual(files, this.#files)) this.#inline = inlined(this.#cluster, this.#user, files)
    this.#files = files
    return this.#inline
  }

  async #read(): Promise<Files> {
    const [ca, cert, key, token] = await Promise.all(
      [this.#cluster.caFile, this.#user.certFile, this.#user.keyFile, tokenFileOf(this.#user)].map(read),
    )
    return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), ...(token && { token }) }
  }
}

async function read(path: string | undefined): Promise<Buffer | undefined> {
  if (!path) return undefined
  try {
    return await readFile(path)
  } catch (error) {
    throw unavailable(`${path}, which the kubeconfig names, cannot be read`, error)
  }
}

function unavailable(message: string, cause: unknown): Failure {
  return new Failure('KubeUnavailable', 'retry', message, { cause })
}

function tokenFileOf({ authProvider }: User): string | undefined {
  return (authProvider as { config?: { tokenFile?: string } } | null)?.config?.tokenFile
}

function isEqual(a: Files, b: Files): boolean {
  const names = ['ca', 'cert', 'key', 'token'] as const
  return names.every((name) => (a[name] && b[name] ? a[name].equals(b[name]) : a[name] === b[name]))
}

/** The same cluster and user with the contents of their files in place of the paths, which client-node would read blocking. */
function inlined(cluster: Cluster, user: User, { ca, cert, key, token }: Files): KubeConfig {
  const { caFile: _ca, ...trust } = cluster
  const { certFile: _cert, keyFile: _key, ...identity } = user
  const kubeconfig = new KubeConfig()
  kubeconfig.loadFromClusterAndUser(
    { ...trust, ...(ca && { caData: ca.toString('base64') }) },
    {
      ...identity,
      ...(cert && { certData: cert.toString('base64') }),
      ...(key && { keyData: key.toString('base64') }),
      ...(token && { token: token.toString().trim(), authProvider: undefined }),
    },
  )
  return kubeconfig
}

function headersOf({ headers = {}, auth }: RequestOptions): Record<string, string> {
  const plain = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
  return auth ? { ...plain, Authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : plain
}

/** As `node:tls` has its options: absent rather than `undefined`. */
function definedOf<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as { [K in keyof T]?: Exclude<T[K], undefined> }
}
