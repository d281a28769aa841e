// Rows of what goes, comes back or stays: deleted outside by people, retained, restored, and deleted with nothing but ids.
import * as assert from 'uvu/assert'
import type { Kind } from '../reasons/history.ts'
import type { Lab, PropagationPolicy } from '../reasons/lab.ts'
import { growOld, held, replaced, standingIn, until, valuesIn, works } from './side.ts'
import type { Row } from './side.ts'

/** Deletes a resource, and waits until it has gone. */
async function remove(lab: Lab, kind: Kind, policy: PropagationPolicy = 'Background'): Promise<void> {
  await lab.remove(kind, {}, policy)
  await lab.gone(kind)
}

/** Creates the row's resource anew: it is bound to the same as before. */
async function relinked(lab: Lab, kind: Kind, id: string | undefined, spec: object = {}): Promise<void> {
  await (kind === 'tenant' ? lab.tenant(spec) : lab.application(spec))
  const { status } = await lab.ready(kind)
  const bound = 'applicationId' in status ? status.applicationId : status.tenantId
  assert.equal([bound, status.provenance], [id, 'Relinked'])
}

async function confirmed(lab: Lab, kind: Kind, id: string | undefined): Promise<void> {
  await lab.ask(kind, 'confirm', id!)
  await lab.until(kind, 'is confirmed', ({ status }) => status.provenance === 'Created')
}

/** As in a cluster that is lost: what a restore brings back has neither status nor owners. */
async function lose(lab: Lab): Promise<void> {
  await lab.ask('application', 'paused', 'true')
  await lab.says('application', 'Paused')
  await lab.patchSecret({ metadata: { ownerReferences: null } })
  await lab.patch('application', { metadata: { finalizers: null } })
  await remove(lab, 'application')
}

export const OUTSIDE_ROWS: readonly Row[] = [
  {
    rule: 'an application that was deleted outside is made anew',
    name: 'lostapp',
    async holds(lab) {
      const { status } = await lab.readyApplication()
      await lab.application({}, { name: 'lostapp-witness' })
      await lab.readyAgain({ name: 'lostapp-witness' })
      await growOld(lab)
      await lab.stack.controlPlane.deleteApplication(lab.name, status.applicationId!)
      await lab.ask('application', 'reconcile', 'now')
      const after = await replaced(lab, status.applicationId)
      assert.is(held(after)[after.status.applicationId!], 'Active')
      assert.ok(await works(await valuesIn(lab)))
    },
  },
  {
    rule: 'a tenant that was deleted outside is made anew only by recreate; its applications stay where they were, and go',
    name: 'losttenant',
    async holds(lab) {
      const { tenantId } = (await lab.readyApplication()).status
      await lab.stack.controlPlane.deleteTenant(tenantId!)
      await lab.ask('tenant', 'reconcile', 'now')
      await lab.says('tenant', 'ExternalGone')
      await lab.says('application', 'ExternalGone')
      const named = async () => (await lab.stack.controlPlane.state()).tenants.filter(({ name }) => name === lab.name)
      assert.equal(await named(), [])
      await lab.ask('tenant', 'recreate', tenantId!)
      await lab.until('tenant', 'is another one', ({ status }) => status.tenantId !== tenantId)
      await lab.ready('tenant')
      const [made, ...more] = await named()
      assert.equal([made?.applications, more], [[], []])
      await lab.says('application', 'TenantChanged')
      await remove(lab, 'application')
    },
  },
  {
    rule: 'with Retain an application outlives its resource with a Secret that works, is linked again, and is deleted once confirmed',
    name: 'kept',
    async holds(lab) {
      const { applicationId, tenantId } = (await lab.readyApplication({ deletionPolicy: 'Retain' })).status
      const before = await valuesIn(lab)
      const stands = async () => (await standingIn(lab, tenantId)).includes(applicationId!)
      // Not confirmed, it is retained whatever the operator's own policy says.
      for (const _ of ['with Retain', 'unconfirmed']) {
        // Takes along what has an owner before a finalizer is looked at; Argo CD's default.
        await remove(lab, 'application', 'Foreground')
        assert.is((await lab.secret()).metadata.ownerReferences, undefined)
        assert.equal(await valuesIn(lab), before)
        assert.ok(await stands())
        await relinked(lab, 'application', applicationId)
      }
      await confirmed(lab, 'application', applicationId)
      await remove(lab, 'application')
      assert.not(await stands())
      await lab.secretGone()
    },
  },
  {
    rule: 'with Retain a tenant outlives its resource, its applications are left alone, and it is linked again',
    name: 'kepttenant',
    async holds(lab) {
      await lab.readyTenant({ deletionPolicy: 'Retain' })
      const { tenantId, applicationId } = (await lab.readyApplication()).status
      await remove(lab, 'tenant')
      assert.is((await lab.get('application')).metadata.deletionTimestamp, undefined)
      assert.equal(await standingIn(lab, tenantId), [applicationId])
      await relinked(lab, 'tenant', tenantId)
      await confirmed(lab, 'tenant', tenantId)
      await remove(lab, 'tenant')
      await lab.gone('application')
      assert.not((await lab.stack.controlPlane.state()).tenants.some(({ id }) => id === tenantId))
    },
  },
  {
    rule: 'after a restore that lost status and owners an application is linked again',
    name: 'restored',
    async holds(lab) {
      const { applicationId } = (await lab.readyApplication()).status
      await lose(lab)
      await relinked(lab, 'application', applicationId)
      assert.ok(await works(await valuesIn(lab)))
    },
  },
  {
    rule: 'a deletion needs no Secret, and takes all credentials with it',
    name: 'bereft',
    async holds(lab) {
      const { tenantId } = (await lab.readyApplication()).status
      await lab.spec('application', { cell: 'us-1' })
      await until(lab, 'has two credentials', ({ credentials }) => credentials?.length === 2)
      await lab.ask('application', 'paused', 'true')
      await lab.says('application', 'Paused')
      await lab.removeSecret()
      await lab.remove('application')
      await lab.ask('application', 'paused', null)
      await lab.gone('application')
      assert.equal(await standingIn(lab, tenantId), [])
    },
  },
  {
    rule: 'a namespace that is deleted takes everything outside with it, and goes',
    name: 'ended',
    async holds(lab) {
      const at = { namespace: lab.guest }
      const { tenantId } = (await lab.readyTenant({}, at)).status
      await lab.application({}, at)
      await lab.readyAgain(at)
      await lab.request('DELETE', `/api/v1/namespaces/${lab.guest}`)
      await lab.gone('application', at)
      await lab.gone('tenant', at)
      assert.not((await lab.stack.controlPlane.state()).tenants.some(({ id }) => id === tenantId))
      await lab.stack.kubectl(['wait', '--for=delete', `namespace/${lab.guest}`, '--timeout=60s'])
    },
  },
]
