// What taking over an existing application would deliver: as the control plane describes it, with the credential in its Secret.
import type { RaiTenantApplication } from '../api/types.ts'
import { adoptionDiffers, applicationNotFound, otherClient, unusableKey } from '../domain/adopted-application.ts'
import type { ApplicationAdoption, HeldCredential } from '../domain/adopted-application.ts'
import { replacedFields } from '../domain/application.ts'
import { documentsApiUrl } from '../domain/endpoints.ts'
import type { Credential } from '../domain/external.ts'
import type { Delivery } from '../domain/secret.ts'
import type { Stop } from '../domain/tenant.ts'
import { tokenUrlFor } from './delivery.ts'
import type { DeliveryPorts } from './delivery.ts'
import type { KeyReader } from './ports.ts'

export type AdoptionPorts = DeliveryPorts & { readonly readKey: KeyReader }

/**
 * The delivery of an adoption, or why there can be none. The credential in it has not been tried. The application is asked
 * for by its id: what the tenant does not show is not taken over.
 */
export async function adoptedDelivery(
  ports: AdoptionPorts,
  application: RaiTenantApplication,
  { id, secret, held }: ApplicationAdoption,
  tenantId: string,
  signal: AbortSignal,
): Promise<Delivery | Stop> {
  const proof = proofOf(held, ports.readKey)
  if (!proof) return unusableKey(application)
  const external = await ports.api.get(tenantId, id, signal)
  if (!external) return applicationNotFound(id, tenantId)
  if (external.clientId !== held.clientId) return otherClient(application, external)
  const delivery = {
    tenantId,
    application: external,
    credential: { clientId: held.clientId, proof },
    tokenUrl: await tokenUrlFor(ports, tenantId, external, signal),
    documentsApiUrl: documentsApiUrl(external.cell, ports.documentsApiUrl),
  }
  const isOfType = secret.type === (application.spec.secret?.type ?? 'Opaque')
  const different = [...replacedFields(application, delivery), ...(isOfType ? [] : ['spec.secret.type'])]
  return different.length > 0 ? adoptionDiffers(id, different) : delivery
}

function proofOf(held: HeldCredential, readKey: KeyReader): Credential['proof'] | undefined {
  if (held.type === 'key') return readKey(held.privateKeyPem, held.kid)
  return { type: held.type, clientSecret: held.clientSecret }
}
