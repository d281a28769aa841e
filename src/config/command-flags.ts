// What commands take beside the settings: flags alone, since no operator that runs has them.
import { oneOf } from './kinds.ts'
import { namespace } from './kubernetes-kinds.ts'
import type { Setting } from './settings.ts'

/** `short`: a letter that stands for it, behind one dash. */
export type CommandFlag = Setting & { readonly short?: string }

export const EXPORT_NAMESPACE = {
  name: 'namespace',
  kind: namespace,
  short: 'n',
  default: 'default',
  about: 'Namespace of the RaiTenants that are printed. An application is printed for the namespace of its RaiTenant.',
  example: 'team-a',
} as const satisfies CommandFlag

export const EXPORT_OUTPUT = {
  name: 'output',
  kind: oneOf('yaml', 'json'),
  short: 'o',
  default: 'yaml',
  about: 'How manifests are printed. With json, what to do before they are applied is told on standard error.',
  example: 'json',
} as const satisfies CommandFlag

export const CHECK_OUTPUT = {
  name: 'output',
  kind: oneOf('text', 'json', 'yaml'),
  short: 'o',
  default: 'text',
  about: 'How the findings are printed: as a table for people, or as one document for programs.',
  example: 'json',
} as const satisfies CommandFlag
