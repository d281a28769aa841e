// The control plane in two shapes: where the contract says nothing, the service may do either.
import type { Flags } from './operator.ts'

export const VARIANTS: readonly [name: string, planeFlags: Flags][] = [
  ['links-everywhere', {}],
  [
    'links-single',
    {
      'application-links': 'single',
      'token-url-link': 'href',
      'auth-server': 'id',
      'tenant-links': 'false',
      'duplicate-name-status': 409,
      'non-empty-delete-status': 409,
      order: 'newest-first',
      'next-href': 'absolute',
      'extra-fields': 'true',
    },
  ],
]
