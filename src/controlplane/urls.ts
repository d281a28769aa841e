// Addresses of the management API: built from ids, and read from the link to the next page.
import { Failure } from '../errors.ts'
import { isId } from './documents.ts'

/**
 * The URL of a path below the base URL. Throws a {@link Failure} (`Rejected`) when a segment cannot be one, since it would
 * lead elsewhere: an id of a status that somebody else wrote.
 */
export function apiUrl(baseUrl: string, path: readonly string[], query?: URLSearchParams): URL {
  if (!path.every((segment) => isId(segment))) {
    const message = 'an id in the status is not one that the control plane gives out: do not write the status by hand'
    throw new Failure('Rejected', 'stall', message)
  }
  const search = query && query.size > 0 ? `?${query.toString()}` : ''
  return new URL(`${baseUrl}/${path.map((segment) => encodeURIComponent(segment)).join('/')}${search}`)
}

/** Where the next page begins, by its link; whatever else the link says is left alone. Or what is wrong with it. */
export function afterIdIn(href: string, baseUrl: string): { readonly afterId: string } | { readonly problem: string } {
  const url = URL.parse(href, baseUrl)
  if (url?.origin !== new URL(baseUrl).origin) return { problem: 'next leads to another server' }
  const afterId = url.searchParams.get('after_id')
  return afterId ? { afterId } : { problem: 'next has no after_id' }
}
