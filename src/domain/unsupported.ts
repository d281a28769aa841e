// What the schema accepts and this version does not do yet: said, never ignored.
import { REQUEST_ANNOTATIONS } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'

/** Requests by annotation that are carried out. */
const CARRIED_OUT: ReadonlySet<string> = new Set([
  REQUEST_ANNOTATIONS.paused,
  REQUEST_ANNOTATIONS.confirm,
  REQUEST_ANNOTATIONS.rotate,
  REQUEST_ANNOTATIONS.discardSuspect,
  REQUEST_ANNOTATIONS.reconcile,
  REQUEST_ANNOTATIONS.recreate,
  REQUEST_ANNOTATIONS.abandon,
])

/** Fields and requests on this tenant that have no effect yet, as paths, sorted. */
export function unsupportedOfTenant({ metadata, spec }: RaiTenant): string[] {
  return [
    ...(spec.adoptionPolicy === 'Never' ? [] : ['spec.adoptionPolicy']),
    ...(spec.drainPolicy === 'Managed' ? [] : ['spec.drainPolicy']),
    ...(spec.allowedNamespaces?.from === 'Selector' ? ['spec.allowedNamespaces.selector'] : []),
    ...requestsOf(metadata.annotations),
  ].sort()
}

/** As {@link unsupportedOfTenant}, for an application. */
export function unsupportedOfApplication({ metadata, spec }: RaiTenantApplication): string[] {
  return [...(spec.adopt ? ['spec.adopt'] : []), ...requestsOf(metadata.annotations)].sort()
}

/** Requests by annotation that are not carried out yet. */
export function requestsOf(annotations: Readonly<Record<string, string>> | undefined): string[] {
  const known = Object.values(REQUEST_ANNOTATIONS).filter((name) => !CARRIED_OUT.has(name))
  return known.filter((name) => annotations?.[name] !== undefined).map((name) => `annotation ${name}`)
}
