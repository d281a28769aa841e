// What a person asks for by an annotation, and whether it may be done.
import { REQUEST_ANNOTATIONS } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { quotable } from './parsing.ts'
import { stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/** True when a person wants a resource that is being deleted let go, whatever it stands for outside. */
export function isAbandoned({ metadata }: RaiTenant | RaiTenantApplication): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.annotations?.[REQUEST_ANNOTATIONS.abandon] === 'true'
}

/** Requests that are on or off. */
const SWITCHES = [REQUEST_ANNOTATIONS.paused, REQUEST_ANNOTATIONS.abandon] as const

/** A switch of which nobody can say whether it is on: then nothing is done about the resource, as either might be meant. */
export function unclearSwitch({ metadata }: RaiTenant | RaiTenantApplication): Stop | undefined {
  const unclear = SWITCHES.find((name) => !['true', 'false', undefined].includes(metadata.annotations?.[name]))
  if (unclear === undefined) return undefined
  return stop(
    'InvalidSpec',
    `the annotation ${unclear} is neither "true" nor "false": nothing is done about this resource until that is corrected or removed`,
  )
}

/**
 * Whether a person confirms that what was found again is this resource's, which lets a deletion remove it. A wrong id is
 * refused. Only a resource that was relinked has anything to confirm.
 */
export function confirmation({ metadata, status }: RaiTenant | RaiTenantApplication): 'confirmed' | Stop | undefined {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.confirm]
  if (asked === undefined || status.provenance !== 'Relinked') return undefined
  const bound = 'applicationId' in status ? status.applicationId : status.tenantId
  return asked === bound ? 'confirmed' : refused('confirm', asked, `it is bound to ${bound}`)
}

/** The suspect that a person wants deleted, if that is asked for and not done yet. An id that is none is refused. */
export function discarding({ metadata, status }: RaiTenantApplication): { readonly id: string } | Stop | undefined {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.discardSuspect]
  if (asked === undefined || asked === status.lastHandledDiscard) return undefined
  const isSuspect = (status.suspects ?? []).some(({ applicationId }) => applicationId === asked)
  return isSuspect ? { id: asked } : refused('discardSuspect', asked, 'it is none of status.suspects')
}

/** A suspect that turns out to be somebody's. */
export function claimedSuspect(id: string): Stop {
  return refused('discardSuspect', id, 'a resource or a journal claims it')
}

/** True while a person asks to have the resource looked at, and that was not done yet. */
export function isLookAsked({ metadata, status }: RaiTenant | RaiTenantApplication): boolean {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.reconcile]
  return asked !== undefined && asked !== status.lastHandledReconcile
}

/** What status says once the resource has been looked at: with a value that stands there when it is first bound, too. */
export function lookHandled({ metadata }: RaiTenant | RaiTenantApplication): { lastHandledReconcile?: string } {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.reconcile]
  return asked === undefined ? {} : { lastHandledReconcile: asked }
}

/**
 * Whether a person has a tenant made anew in place of the one that is gone outside. A request for another tenant than the
 * one that is bound is over, or was never due.
 */
export function isRecreationAsked({ metadata, status }: RaiTenant): boolean {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.recreate]
  return asked !== undefined && asked === status.tenantId
}

/** … of one that is there. */
export function needlessRecreation(tenantId: string): Stop {
  return refused('recreate', tenantId, 'that tenant is there')
}

function refused(request: keyof typeof REQUEST_ANNOTATIONS, asked: string, why: string): Stop {
  return stop(
    'InvalidSpec',
    `the annotation ${REQUEST_ANNOTATIONS[request]} names ${quotable(asked)}, but ${why}: correct or remove it`,
  )
}
