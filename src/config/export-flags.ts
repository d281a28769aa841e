// What `export` takes beside the settings: flags alone, since no operator that runs has them.
import { namespace } from './kubernetes-kinds.ts'
import type { Setting } from './settings.ts'

export const EXPORT_NAMESPACE = {
  name: 'namespace',
  kind: namespace,
  default: 'default',
  about: 'Namespace of the RaiTenants that are printed. An application is printed for the namespace of its RaiTenant.',
  example: 'team-a',
} as const satisfies Setting
