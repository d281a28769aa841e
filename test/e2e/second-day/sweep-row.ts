// What nobody tells an operator: found by the sweep of one that has just started, which asks the organization for everything.
import * as assert from 'uvu/assert'
import { conditionOf } from '../reasons/rules.ts'
import { growOld, replaced } from './side.ts'
import type { Row } from './side.ts'

const MADE_BY_HAND = { cell: 'eu-1', scopes: ['documents.submissions.read'] }
/** A tenant that was taken over while its operator was allowed to. */
export const ADOPTED = 'adopted'

/** It ends the operator and starts another one, which may not take anything over: the last row of its ground. */
export const SWEEP_ROW: Row = {
  rule: 'a sweep counts what nobody manages and mends what is gone; drainPolicy All needs allow-adoption for what was adopted',
  name: 'swept',
  async holds(lab, { ground }) {
    const { controlPlane } = lab.stack
    const { applicationId } = (await lab.readyApplication()).status
    await lab.application({}, { name: 'swept-witness' })
    await lab.readyAgain({ name: 'swept-witness' })
    await growOld(lab)
    const unmanaged = await controlPlane.makeApplication(lab.name, MADE_BY_HAND)
    const at = { name: ADOPTED }
    await controlPlane.makeTenant(ADOPTED)
    await lab.readyTenant({ adoptionPolicy: 'IfExists', deletionPolicy: 'Delete', drainPolicy: 'All' }, at)
    const foreign = await controlPlane.makeApplication(ADOPTED, MADE_BY_HAND)
    await controlPlane.deleteApplication(lab.name, applicationId!)

    await ground.restart({ 'sweep-interval': '1m' })
    await replaced(lab, applicationId)
    const { status } = await lab.until(
      'tenant',
      'counts what nobody manages',
      ({ status }) => 'unmanagedApplications' in status && status.unmanagedApplications?.total === 1,
    )
    assert.equal('unmanagedApplications' in status && status.unmanagedApplications?.ids, [unmanaged.id])

    await lab.remove('tenant', at)
    const blocked = await lab.says('tenant', 'DrainBlocked', at)
    assert.match(conditionOf(blocked, 'Synced')!.message, 'allow-adoption')
    await controlPlane.deleteApplication(ADOPTED, foreign.id)
    await lab.touch('tenant', at)
    await lab.gone('tenant', at)
  },
}
