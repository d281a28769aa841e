// One run of the conformance suite: calls with tokens, tenants with names of its own, and nothing left behind.
import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { APPLICATION_SCOPE, applicationRequest, BY_SECRET, integerJson } from './applications.ts'
import type { AnyDocument, Reply } from './client.ts'
import { ALL_SCOPES, requestOrganizationToken, requestTokenBySecret, send, tokenUrlOf } from './client.ts'
import type { Target } from './target.ts'

/** How a call differs from an ordinary one. */
export type CallOptions = {
  /** Goes as JSON, its bigints as integers. */
  readonly body?: unknown
  readonly contentType?: string
  /** Scopes of the token. */
  readonly scope?: string
  /** Goes in place of a token of the organization; empty: no Authorization header. */
  readonly token?: string
}

/** Pauses between attempts while a real service answers 429 or has not yet seen what was just made. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000]

export class Session {
  readonly target: Target
  readonly #tokens = new Map<string, Promise<string>>()
  readonly #tenantIds = new Set<string>()
  #sharedTenant: Promise<AnyDocument> | undefined

  constructor(target: Target) {
    this.target = target
  }

  /** A token of the organization; the same one for the same scopes. */
  token(scope = ALL_SCOPES): Promise<string> {
    const { tokenUrl, organization } = this.target
    const known =
      this.#tokens.get(scope) ??
      requestOrganizationToken(tokenUrl, organization, scope, Date.now()).then((reply) => reply.document.access_token)
    this.#tokens.set(scope, known)
    return known
  }

  /** Calls the management API. On a real service a 429 is waited out. A tenant that this makes is remembered. */
  async call(method: string, path: string, options: CallOptions = {}): Promise<Reply> {
    const token = options.token ?? (await this.token(options.scope))
    const headers = {
      ...(token !== '' && { Authorization: `Bearer ${token}` }),
      ...(options.body !== undefined && { 'Content-Type': options.contentType ?? 'application/json' }),
    }
    const body = options.body === undefined ? undefined : integerJson(options.body)
    const attempt = () => send(method, this.target.url + path, headers, body)
    const reply = await this.patiently(attempt, ({ status }) => status !== 429)
    if (path === '/tenants' && reply.status === 201) this.#tenantIds.add(reply.document.id)
    return reply
  }

  /** Tries until it is `good` or time is up, and returns the last reply. */
  async patiently(attempt: () => Promise<Reply>, good: (reply: Reply) => boolean): Promise<Reply> {
    let reply = await attempt()
    for (const pauseMs of this.target.simulator ? [] : PAUSES_MS) {
      if (good(reply)) break
      await sleep(pauseMs)
      reply = await attempt()
    }
    return reply
  }

  /** A name that nobody else has, marked as ours. */
  newName(): string {
    return `conformance${randomBytes(8).toString('hex')}`
  }

  /** A tenant of one test's own. */
  async newTenant(): Promise<AnyDocument> {
    return (await this.call('POST', '/tenants', { body: { name: this.newName() } })).document
  }

  /** One tenant for all tests that do not mind others: quotas are small. */
  sharedTenant(): Promise<AnyDocument> {
    this.#sharedTenant ??= this.newTenant()
    return this.#sharedTenant
  }

  /** An application with a client secret in a tenant, or in the shared one. */
  async newApplication(tenantId?: string): Promise<AnyDocument> {
    const id = tenantId ?? (await this.sharedTenant()).id
    const body = applicationRequest(BY_SECRET)
    return (await this.call('POST', `/tenants/${id}/applications`, { body })).document
  }

  /** A token of a new tenant application, which works for documents only. */
  async applicationToken(): Promise<string> {
    const application = await this.newApplication()
    const { client_id: id, credentials } = application
    const url = tokenUrlOf(application) ?? ''
    const attempt = () => requestTokenBySecret(url, id, credentials.client_secret, APPLICATION_SCOPE)
    return (await this.patiently(attempt, (reply) => reply.status === 200)).document.access_token
  }

  /** Removes every tenant that was made here, with its applications. */
  async cleanUp(): Promise<void> {
    for (const id of this.#tenantIds) {
      const applications = await this.call('GET', `/tenants/${id}/applications`)
      if (applications.status === 200) {
        for (const one of applications.document.items)
          await this.call('DELETE', `/tenants/${id}/applications/${one.id}`)
      }
      await this.call('DELETE', `/tenants/${id}`)
    }
  }
}
