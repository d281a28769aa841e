// Requests by annotation, as `kubectl rai rotate`, `reconcile`, `pause` and `resume` make them. Source: docs/api.md.
import {
  APPLICATION_KIND,
  APPLICATION_PLURAL,
  GROUP,
  REQUEST_ANNOTATIONS,
  TENANT_KIND,
  TENANT_PLURAL,
  VERSION,
} from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { Failure } from '../errors.ts'
import type { Collection } from './ports.ts'

export const REQUESTS = ['rotate', 'reconcile', 'pause', 'resume'] as const
export type Request = (typeof REQUESTS)[number]

type Kind = typeof TENANT_KIND | typeof APPLICATION_KIND

/** A resource as a person names it: the kind may be left out. */
export type Target = { readonly kinds: readonly Kind[]; readonly name: string }

const WORDS: Readonly<Record<Kind, readonly string[]>> = {
  [TENANT_KIND]: ['rait', 'raitenant', TENANT_PLURAL],
  [APPLICATION_KIND]: ['raiapp', 'raitenantapplication', APPLICATION_PLURAL],
}
const KINDS = [TENANT_KIND, APPLICATION_KIND] as const

/** Source: Kubernetes, "Object Names and IDs", DNS subdomain names. */
const NAME = /^(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/

/** Understands `NAME` and `KIND/NAME`, as `kubectl get -o name` prints it, too. Throws `WrongUsage`. */
export function targetOf(word: string, request: Request): Target {
  const [, kindWord, name = ''] = /^(?:([^/]*)\/)?([^/]*)$/.exec(word) ?? []
  const kinds =
    kindWord === undefined
      ? KINDS
      : KINDS.filter((kind) => WORDS[kind].includes(kindWord.toLowerCase().replace(`.${GROUP}`, '')))
  if (!NAME.test(name) || kinds.length === 0) {
    throw wrong(`${request} takes NAME, raitenant/NAME or raiapp/NAME of a resource`)
  }
  if (request !== 'rotate') return { kinds, name }
  if (!kinds.includes(APPLICATION_KIND)) throw wrong('rotate takes an application: a tenant has no credential')
  return { kinds: [APPLICATION_KIND], name }
}

export function collectionOf(kind: Kind, namespace: string | undefined): Collection {
  return {
    group: GROUP,
    version: VERSION,
    plural: kind === TENANT_KIND ? TENANT_PLURAL : APPLICATION_PLURAL,
    namespace,
  }
}

/** As kubectl names a resource that it has changed. */
export function displayName({ kind, metadata }: RaiTenant | RaiTenantApplication): string {
  return `${kind.toLowerCase()}.${GROUP}/${metadata.name}`
}

/** The one resource that is meant. Throws `NotFound` for none, `Ambiguous` for two. */
export function onlyOf<T extends RaiTenant | RaiTenantApplication>(
  found: readonly T[],
  { kinds, name }: Target,
  namespace: string,
): T {
  const [one, another] = found
  if (one && another) {
    throw new Failure(
      'Ambiguous',
      'stall',
      `${name} is a RaiTenant and a RaiTenantApplication: say raitenant/${name} or raiapp/${name}`,
    )
  }
  if (one) return one
  const what = `no ${kinds.join(' and no ')} is called ${name} in namespace ${namespace}`
  throw new Failure('NotFound', 'stall', `${what}: see kubectl rai status, and -n for another namespace`)
}

/** Which annotations to write, if any, and what to tell. */
export type Plan = { readonly annotations?: Readonly<Record<string, string | null>>; readonly told: string }

/** `unique`: what no request had as its value before. Throws `Useless` for a request that would never be acted upon. */
export function planRequest(request: Request, resource: RaiTenant | RaiTenantApplication, unique: string): Plan {
  const { deletionTimestamp, annotations = {} } = resource.metadata
  const isPaused = annotations[REQUEST_ANNOTATIONS.paused] === 'true'
  const waits = isPaused ? '; it is paused, so nothing is done before kubectl rai resume' : ''
  switch (request) {
    case 'rotate':
      if (deletionTimestamp !== undefined)
        throw useless(resource, 'is being deleted: its credential is not replaced any more')
      // Source: docs/api.md: a value that is there when the application is first bound counts as done.
      if (!('applicationId' in resource.status))
        throw useless(resource, 'has no credential yet: there is nothing to replace')
      return { annotations: { [REQUEST_ANNOTATIONS.rotate]: unique }, told: `is to get a new credential${waits}` }
    case 'reconcile':
      return { annotations: { [REQUEST_ANNOTATIONS.reconcile]: unique }, told: `is to be looked at${waits}` }
    case 'pause':
      return isPaused
        ? { told: 'is paused already' }
        : { annotations: { [REQUEST_ANNOTATIONS.paused]: 'true' }, told: 'is paused, deletion included' }
    case 'resume':
      return annotations[REQUEST_ANNOTATIONS.paused] === undefined
        ? { told: 'is not paused' }
        : { annotations: { [REQUEST_ANNOTATIONS.paused]: null }, told: 'goes on' }
  }
}

function useless(resource: RaiTenant | RaiTenantApplication, why: string): Failure {
  return new Failure('Useless', 'stall', `${displayName(resource)} ${why}`)
}

function wrong(message: string): Failure {
  return new Failure('WrongUsage', 'stall', message)
}
