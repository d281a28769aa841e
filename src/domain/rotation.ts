// When a credential is replaced, why, and what becomes of the one before: dates and decisions on plain data.
import type { RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import { REQUEST_ANNOTATIONS } from '../api/names.ts'
import { parseDuration } from '../duration.ts'
import { wasReady } from './conditions.ts'
import { stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

type Credentials = NonNullable<RaiTenantApplication['status']['credentials']>

/** So much of the period rotations are spread over, so that not all fall together. */
const SPREAD = 0.1
/** How many applications of one resource may live at a time. Source: docs/api.md, "Rotation and replacement". */
const MOST_LIVE = 3

/** How long a replaced credential goes on working, in milliseconds. */
export function overlapMsOf({ spec }: RaiTenantApplication, defaultOverlapMs: number): number {
  return (spec.overlap === undefined ? undefined : parseDuration(spec.overlap)) ?? defaultOverlapMs
}

/** When a credential retires that is replaced at `now`: not within the overlap, although dates are cut to seconds. */
export function retirementAt(application: RaiTenantApplication, defaultOverlapMs: number, now: number): string {
  return timestamp(Math.ceil((now + overlapMsOf(application, defaultOverlapMs)) / 1_000) * 1_000)
}

function everyMsOf({ spec }: RaiTenantApplication): number | undefined {
  return spec.rotation && parseDuration(spec.rotation.every)
}

/** What the schema cannot see: the overlap that counts where the resource says nothing. */
export function invalidRotation(application: RaiTenantApplication, defaultOverlapMs: number): Stop | undefined {
  const everyMs = everyMsOf(application)
  if (everyMs === undefined || everyMs >= 2 * overlapMsOf(application, defaultOverlapMs)) return undefined
  return stop(
    'InvalidSpec',
    'spec.rotation.every is less than twice the overlap, which is the setting default-overlap where spec.overlap is left out: set either',
  )
}

/** When a credential issued at `issuedAt` is replaced; spread by what differs from resource to resource. */
export function nextRotationAt(application: RaiTenantApplication, issuedAt: string): string | undefined {
  const everyMs = everyMsOf(application)
  if (everyMs === undefined) return undefined
  let hash = 0
  for (const character of application.metadata.uid + issuedAt)
    hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0
  return timestamp(Date.parse(issuedAt) + everyMs * (1 - SPREAD * (hash / 2 ** 32)))
}

/** The credential that stands in the Secret. */
export function activeOf({ status }: RaiTenantApplication): Credentials[number] | undefined {
  return status.credentials?.find(({ applicationId }) => applicationId === status.applicationId)
}

/** True while the last credential is known to work: only then another may take its place by time or by request. */
function isProven({ status, metadata }: RaiTenantApplication): boolean {
  return wasReady(status.conditions ?? [], metadata.generation)
}

/** The value of an unfulfilled request to rotate. A value that is there when the resource is first bound counts as done. */
export function rotationAsked({ metadata, status }: RaiTenantApplication): string | undefined {
  const asked = metadata.annotations?.[REQUEST_ANNOTATIONS.rotate]
  return asked === status.lastHandledRotate ? undefined : asked
}

/** True when it is time for another credential, or somebody asks for one. */
export function isRotationDue(application: RaiTenantApplication, now: number): boolean {
  if (!isProven(application)) return false
  const { nextRotationAt: at } = application.status
  return rotationAsked(application) !== undefined || (at !== undefined && Date.parse(at) <= now)
}

/** True while another application would be one too many: first a retiring one has to go. */
export function hasTooMany({ status }: RaiTenantApplication): boolean {
  return (status.credentials ?? []).length >= MOST_LIVE
}

export const TOO_MANY = stop('Rotating', 'waits until a replaced credential has retired before it makes another one')

/** … where the one in the Secret is lost. */
export const TOO_MANY_TO_HEAL = stop(
  'SecretMissing',
  'the Secret does not hold its credential any more: another one is made as soon as a replaced one has retired',
)

/**
 * The credentials after `issued` has taken its place: those before it retire at `retireAt`, but for those that retire
 * already. Nothing is left out.
 */
export function superseded(held: Credentials, issued: Credentials[number], retireAt: string): Credentials {
  const others = held.filter(({ applicationId }) => applicationId !== issued.applicationId)
  const retiring = (one: Credentials[number]): Credentials[number] => ({ ...one, state: 'Retiring', retireAt })
  return [...others.map((one) => (one.state === 'Retiring' ? one : retiring(one))), issued]
}

/** Replaced credentials whose time is over, the one that was replaced first first. */
export function overdue({ status }: RaiTenantApplication, now: number): Credentials {
  return (status.credentials ?? []).filter(
    ({ state, retireAt, applicationId }) =>
      state === 'Retiring' &&
      applicationId !== status.applicationId &&
      retireAt !== undefined &&
      Date.parse(retireAt) <= now,
  )
}

/** Those of the {@link overdue} that may go: none before the one that took their place is known to work. */
export function retired(application: RaiTenantApplication, now: number): Credentials {
  return isProven(application) ? overdue(application, now) : []
}

function inMs(dates: readonly string[], now: number): number | undefined {
  return dates.length === 0 ? undefined : Math.max(1, Math.min(...dates.map((date) => Date.parse(date))) - now)
}

/** In how many milliseconds the next replaced credential retires, if there is one: at least one, so that nobody goes in circles. */
export function nextRetirementMs({ status }: RaiTenantApplication, now: number): number | undefined {
  const dates = (status.credentials ?? []).flatMap(({ state, retireAt }) =>
    state === 'Retiring' && retireAt !== undefined ? [retireAt] : [],
  )
  return inMs(dates, now)
}

/** In how many milliseconds something is due to a resource that is well, if anything is: a request at once, else by date. */
export function nextDueMs(application: RaiTenantApplication, now: number): number | undefined {
  if (rotationAsked(application) !== undefined) return 1
  const { nextRotationAt: at } = application.status
  const due = [nextRetirementMs(application, now), inMs(at === undefined ? [] : [at], now)]
  const known = due.filter((ms) => ms !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}
