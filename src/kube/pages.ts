// A whole list, page by page, as it is now.
import type { RequestOptions, Transport } from './transport.ts'
import type { WireList, WireObject } from './wire.ts'

const PAGE_LIMIT = '500'

/** Every object of a collection at one moment. Fails in the middle when the API server does. */
export async function* pagesOf(
  transport: Pick<Transport, 'request'>,
  path: string,
  { query, accept }: Pick<RequestOptions, 'query' | 'accept'>,
  signal: AbortSignal,
): AsyncGenerator<WireObject, void, void> {
  let token: string | undefined
  do {
    const page = { ...query, limit: PAGE_LIMIT, continue: token }
    const options = { query: page, ...(accept !== undefined && { accept }) }
    const list = (await transport.request('GET', path, options, signal)) as WireList
    yield* list.items ?? []
    token = list.metadata.continue || undefined
  } while (token !== undefined)
}
