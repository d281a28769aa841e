// The operations on tenants, as the controllers know them.
import type { Clock } from '../clock.ts'
import type { TenantsApi } from '../controllers/ports.ts'
import type { ExternalTenant } from '../domain/external.ts'
import { Failure } from '../errors.ts'
import { outcomeOf } from './creates.ts'
import type { TenantPage } from './documents.ts'
import { isSameSet, readTenant, readTenantPage, tenantOf } from './documents.ts'
import { failureOfShape, failureOfStatus } from './failures.ts'
import type { Api } from './management-api.ts'
import { afterIdIn } from './urls.ts'

/** A control plane that has more pages is going in circles. */
const MOST_PAGES = 10_000
/** All pages of a list together. A tenant takes about 400: no organization has as many as these are. */
const MOST_CHARACTERS = 33_554_432

/** `pageLimit`: tenants to ask for per page; where the control plane refuses that, its own default is used for good. */
export function tenantsApi(api: Api, pageLimit: number, clock: Clock): TenantsApi {
  let limit: number | undefined = pageLimit

  async function page(
    afterId: string | undefined,
    signal: AbortSignal,
  ): Promise<TenantPage & { at: number; size: number }> {
    const ask = (limit: number | undefined) => {
      const search = new URLSearchParams({
        ...(limit !== undefined && { limit: String(limit) }),
        ...(afterId !== undefined && { after_id: afterId }),
      })
      return api.query('GET', { operation: 'getTenants', path: ['tenants'], search }, [200, 400], signal)
    }
    let answer = await ask(limit)
    if (answer.status === 400 && afterId !== undefined) throw lostPlace()
    if (answer.status === 400 && limit !== undefined) {
      answer = await ask(undefined)
      if (answer.status === 200) limit = undefined
    }
    if (answer.status === 400) throw failureOfStatus('getTenants', 400)
    const read = readTenantPage(answer.text)
    if ('problem' in read) throw failureOfShape('getTenants', read.problem)
    return { ...read.document, at: answer.dateMs ?? clock.now(), size: answer.text.length }
  }

  return {
    async list(signal) {
      const tenants: ExternalTenant[] = []
      const seen = new Set<string>()
      let afterId: string | undefined
      let characters = 0
      for (let pages = 0; pages < MOST_PAGES; pages++) {
        const { items, _links, at, size } = await page(afterId, signal)
        characters += size
        if (characters > MOST_CHARACTERS) throw failureOfShape('getTenants', 'its pages are larger than 32 MiB')
        tenants.push(...items.map((item) => tenantOf(item)))
        if (!_links.next) return { tenants, at }
        const next = afterIdIn(_links.next.href, api.baseUrl)
        if ('problem' in next) throw failureOfShape('getTenants', next.problem)
        afterId = next.afterId
        if (seen.has(afterId)) throw failureOfShape('getTenants', 'next leads back to an earlier page')
        seen.add(afterId)
      }
      throw failureOfShape('getTenants', `more than ${MOST_PAGES} pages`)
    },

    async get(id, signal) {
      const answer = await api.query('GET', { operation: 'getTenant', path: ['tenants', id] }, [200, 404], signal)
      if (answer.status === 404) return undefined
      const read = readTenant(answer.text)
      if ('problem' in read) throw failureOfShape('getTenant', read.problem)
      if (read.document.id !== id) throw failureOfShape('getTenant', '/id is another one')
      return tenantOf(read.document)
    },

    async create({ name, cells }, signal) {
      const posted = await api.post({ operation: 'createTenant', path: ['tenants'] }, { name, cells }, signal)
      return outcomeOf('createTenant', posted, (body) => {
        const read = readTenant(body)
        if ('problem' in read) return read
        if (read.document.name !== name) return { problem: '/name is another one' }
        if (!isSameSet(read.document.cells, cells)) return { problem: '/cells are others' }
        return { value: tenantOf(read.document) }
      })
    },

    async delete(id, signal) {
      const call = { operation: 'deleteTenant', path: ['tenants', id] } as const
      return (await api.query('DELETE', call, [204, 404], signal)).status === 204 ? 'deleted' : 'absent'
    },
  }
}

function lostPlace(): Failure {
  const message =
    'the control plane no longer knows where a page of getTenants began (400): the list is asked for again'
  return new Failure('ControlPlaneUnavailable', 'retry', message)
}
