// Attacks by ids and words in a status, on which deletes rely.
import { application } from '../../stack/stack.ts'
import { forge, plant, shared, wantsPaused, wantsReady } from './attack.ts'
import type { Attack } from './attack.ts'
import { apply, CLOSED, DONOR, GUEST, MINE, NEIGHBOUR, SHARED } from './scene.ts'

/** Ids as a status holds them. */
function idsOf(applicationId: string): object {
  const credential = { applicationId, clientId: 'theirs', state: 'Active', issuedAt: '2026-01-01T00:00:00Z' }
  return { applicationId, clientId: 'theirs', credentials: [credential], provenance: 'Created' }
}

export const STATUS_ATTACKS: readonly Attack[] = [
  {
    title: 'a status in the manifest is none',
    name: 'written',
    async attack(lab, { stack, tenants, applications }) {
      const status = { observedGeneration: 1, tenantId: tenants[CLOSED], ...idsOf(applications[CLOSED]!) }
      await apply(stack, lab.namespace, { ...application(lab.name, MINE), status })
    },
    refused: 'Ready',
    changesOwn: true,
  },
  {
    title: 'a status is not the user’s to patch',
    name: 'patching',
    attack: (lab, { applications }) => lab.status('application', idsOf(applications[CLOSED]!), { name: DONOR }),
    refused: /cannot patch resource "raitenantapplications\/status"/,
  },
  {
    title: 'ids that were written into a status by who may do that are not acted upon',
    name: 'forged',
    before: (lab) => wantsReady(lab),
    attack: (lab, scene) => forge(lab, scene, idsOf(scene.applications[NEIGHBOUR]!)),
    refused: 'StatusForged',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'ids that came into a status by server-side apply are not acted upon',
    name: 'applied',
    before: (lab) => wantsReady(lab),
    async attack(lab, { stack, tenants, applications }) {
      const { apiVersion, kind } = application(lab.name, MINE) as { apiVersion: string; kind: string }
      const status = { observedGeneration: 1, tenantId: tenants[CLOSED], ...idsOf(applications[CLOSED]!) }
      const forged = JSON.stringify({ apiVersion, kind, metadata: { name: lab.name }, status })
      const apply = ['apply', '--server-side', '--force-conflicts', '--subresource=status', '-f', '-']
      await stack.kubectl(apply, forged)
    },
    refused: 'StatusForged',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'ids that came into a status with the seal of the resource whose they are are not acted upon',
    name: 'resealed',
    before: (lab) => wantsReady(lab),
    async attack(lab, scene) {
      const theirs = await lab.get('application', { name: SHARED, namespace: scene.others.name })
      await forge(lab, scene, theirs.status)
    },
    refused: 'StatusForged',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'a suspect that was written into a status is not discarded',
    name: 'suspecting',
    before: (lab) => wantsReady(lab),
    async attack(lab, scene) {
      const applicationId = scene.applications[NEIGHBOUR]!
      const suspects = [{ applicationId, clientId: 'theirs', firstSeenAt: '2026-01-01T00:00:00Z' }]
      await forge(lab, scene, { suspects })
      await lab.ask('application', 'discardSuspect', applicationId)
    },
    refused: 'StatusForged',
    changesOwn: true,
    stays: true,
  },
  {
    title: 'a status that says Created, and no id, does not make a planted Secret believed',
    name: 'created',
    async before(lab, scene) {
      const { tenants, applications } = scene
      const owner = await wantsPaused(lab, shared(scene))
      await plant(lab, GUEST, { tenantId: tenants[SHARED]!, id: applications[SHARED]!, owner })
    },
    async attack(lab, scene) {
      await forge(lab, scene, { provenance: 'Created' })
      await lab.ask('application', 'paused', null)
    },
    refused: 'StatusForged',
  },
  {
    title: 'a tenant’s id that was written into a status does not have that tenant deleted',
    name: 'usurping',
    kind: 'tenant',
    before: (lab) => lab.readyTenant(),
    attack: (lab, scene) => forge(lab, scene, { tenantId: scene.tenants[CLOSED] }, 'raitenant'),
    refused: 'StatusForged',
    changesOwn: true,
    stays: true,
  },
]
