// What should happen to a RaiTenantApplication: decisions on plain data.
import { APPLICATION_KIND, REQUEST_ANNOTATIONS } from '../api/names.ts'
import type { RaiTenantApplication } from '../api/types.ts'
import { wasReady } from './conditions.ts'
import type { Report } from './conditions.ts'
import { planAdoption } from './adopted-application.ts'
import type { ApplicationAdoption } from './adopted-application.ts'
import type { Credential } from './external.ts'
import { quotable } from './parsing.ts'
import { unresolvedAnswers } from './recovery.ts'
import type { Delivery, ObservedSecret } from './secret.ts'
import { isAsWritten, otherSecretNames, ownershipOf, secretNameOf } from './secret.ts'
import { modulusBitsOf, readDelivery, readProof } from './secret-content.ts'
import { stop } from './tenant.ts'
import type { Stop } from './tenant.ts'

/**
 * Why no application is made although one is wanted: with `ClientSecret` a lost answer may have left one that nobody can
 * use or prove. `Hold` makes no other before a person has decided; `Replace` makes one more, but never a third.
 */
export function heldBack(application: RaiTenantApplication): Stop | undefined {
  const { spec, status } = application
  const unresolved = unresolvedAnswers(application)
  const most = spec.onAmbiguousCreate === 'Hold' ? 0 : 1
  if (spec.auth.type !== 'ClientSecret' || unresolved <= most) return undefined
  const ids = (status.suspects ?? []).map(({ applicationId }) => applicationId).sort()
  const message = `the answer to a create was lost, and may have left ${ids.join(', ')}: see in the tenant whether somebody uses it, then delete it by the annotation ${REQUEST_ANNOTATIONS.discardSuspect}`
  return { step: 'stop', report: { reason: 'AmbiguousCreate', message, held: true } }
}

export const AWAITS_RECOVERY: Report = {
  reason: 'AmbiguousCreate',
  message: 'the answer to the create was lost: what it may have made is looked for, which takes a minute or two',
}

export type ApplicationPlan =
  | Stop
  /** Make an application and write its Secret, over an own one without a credential if that stands there. */
  | { readonly step: 'create' }
  /** The Secret holds the credential: see that Secret and status say so, and prove it. */
  | { readonly step: 'deliver'; readonly secret: ObservedSecret; readonly delivery: Delivery }
  /** Somebody changed the Secret: what can be derived is written again, and what proves who the client is, tried. */
  | { readonly step: 'restore'; readonly secret: ObservedSecret; readonly proof: Credential['proof'] }
  /** The Secret does not hold the credential any more: another application, over what stands there. */
  | { readonly step: 'heal'; readonly over: ObservedSecret | undefined }
  /** The Secret is to have another name, where `over` stands; the credential may be under any of the others. */
  | { readonly step: 'move'; readonly from: readonly string[]; readonly over: ObservedSecret | undefined }
  /** … but neither a status nor, perhaps, an owner says that it is ours: that is to be proven first. */
  | { readonly step: 'relink'; readonly secret: ObservedSecret; readonly delivery: Delivery }
  /** Somebody else made it, and it is to be taken over: that is to be proven first, too. */
  | ApplicationAdoption

/** True when the last pass left nothing to look at: no request to anybody is needed to know so. */
export function isSettled({ metadata, status }: RaiTenantApplication): boolean {
  return (
    status.applicationId !== undefined &&
    status.observedGeneration === metadata.generation &&
    wasReady(status.conditions ?? [], metadata.generation) &&
    (status.conditions ?? []).some(({ type, status }) => type === 'Synced' && status === 'True')
  )
}

/** From the Secret that stands where ours should be to the next step. */
export function planApplication(
  application: RaiTenantApplication,
  secret: ObservedSecret | undefined,
): ApplicationPlan {
  const adoption = planAdoption(application, secret)
  if (adoption) return adoption
  const { status, metadata } = application
  const where = `${metadata.namespace}/${secretNameOf(application)}`
  const ownership = ownershipOf(secret, application)
  if (ownership === 'foreign') {
    return stop(
      'SecretConflict',
      `the Secret ${where} is not this application's: choose another spec.secret.name, or remove that Secret`,
    )
  }
  const delivery = secret && readDelivery(secret)
  const from = otherSecretNames(application)
  if (from.length > 0 && (ownership !== 'released' || delivery?.application.id === status.applicationId)) {
    return { step: 'move', from, over: secret }
  }
  if (secret && status.applicationId !== undefined && ownership === 'ours' && !isAsWritten(application, secret)) {
    const proof = readProof(secret, application)
    return proof ? { step: 'restore', secret, proof } : { step: 'heal', over: secret }
  }
  if (secret && delivery && (status.applicationId ?? delivery.application.id) === delivery.application.id) {
    const isKnown = status.provenance !== undefined && ownership === 'ours'
    return { step: isKnown ? 'deliver' : 'relink', secret, delivery }
  }
  if (status.applicationId === undefined && ownership !== 'released') return { step: 'create' }
  if (ownership === 'released') return unusableRelease(where)
  return { step: 'heal', over: secret }
}

function unusableRelease(where: string): Stop {
  return stop(
    'SecretConflict',
    `the Secret ${where} says that it was this application's, but holds no whole credential: remove it, or choose another spec.secret.name`,
  )
}

/** The length of the RSA keys that we make where nothing is said, in bits: the vendor wants more than 2048. Source: docs/api.md, `auth.rsa.bits`. */
export const RSA_BITS = 3072

/**
 * True when the spec asks for what this delivery is not: that needs another application. Where it says nothing of a key's
 * length, one that we made has ours, and any other is as good.
 */
export function isOutdated(
  application: RaiTenantApplication,
  delivery: Delivery,
  provenance = application.status.provenance,
): boolean {
  return replacedFields(application, delivery, provenance === 'Created' ? RSA_BITS : undefined).length > 0
}

export const BEING_REPLACED: Report = {
  reason: 'Provisioning',
  message: 'the spec has changed: another application is made, and the one before goes on working for the overlap',
}

/** Fields whose change needs another application, where the spec and what was delivered differ. */
export function replacedFields(
  { spec }: RaiTenantApplication,
  { application, credential }: Delivery,
  bits?: number,
): string[] {
  const same = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join()
  return [
    ...(spec.auth.type === credential.proof.type && hasBits(spec.auth.rsa?.bits ?? bits, credential)
      ? []
      : ['spec.auth']),
    ...(spec.cell === application.cell ? [] : ['spec.cell']),
    ...(same(spec.scopes, application.scopes) ? [] : ['spec.scopes']),
  ]
}

function hasBits(wanted: number | undefined, { proof }: Credential): boolean {
  return wanted === undefined || proof.type !== 'RSA' || modulusBitsOf(proof) === wanted
}

export const WORKS: Report = { reason: 'Ready', message: 'the credential in the Secret obtains tokens' }

export const AWAITS_ACCEPTANCE: Report = {
  reason: 'Provisioning',
  message: 'waits until the token endpoint accepts the new credential',
}

/** A journal tells of an answer, and nothing shows that it was given to us. */
export function unprovenAnswer(journal: string, id: string): Stop {
  const message = `the journal ${journal} in the operator's namespace says that application ${id} was made for this, but the credential in it is refused: see what it is, then delete the journal`
  return { step: 'stop', report: { reason: 'AmbiguousCreate', message, held: true } }
}

export function alreadyClaimed(id: string, by: { readonly namespace: string; readonly name: string }): Stop {
  const holder = `${APPLICATION_KIND} ${by.namespace}/${by.name}`
  return stop(
    'AlreadyClaimed',
    `application ${id} belongs to ${holder}: remove the Secret that names it here, or the resource whose spec.adopt does`,
  )
}

/** A Secret that looks ours, but tells of an application that is not in the tenant. */
export function unknownDelivery(application: RaiTenantApplication, id: string, tenantId: string): Stop {
  const where = `${application.metadata.namespace}/${secretNameOf(application)}`
  return stop(
    'SecretConflict',
    `the Secret ${where} names application ${quotable(id)}, which is not in tenant ${tenantId}: remove it`,
  )
}

export function noTokenEndpoint(id: string): Stop {
  return stop(
    'Rejected',
    `application ${id} names no token endpoint to which the setting token-hosts lets a credential go: the credential is kept in the Secret`,
  )
}
