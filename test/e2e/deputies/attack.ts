// An attack by a user who may write our resources and Secrets in his own namespace, and what it is held to.
import * as assert from 'uvu/assert'
import type { Reason } from '../../../src/api/reasons.ts'
import { REQUEST_ANNOTATIONS, SECRET_ANNOTATIONS } from '../../../src/api/names.ts'
import type { Kind } from '../reasons/history.ts'
import { Lab } from '../reasons/lab.ts'
import { conditionOf } from '../reasons/rules.ts'
import { controller, diffOf, MINE, othersThings, SHARED } from './scene.ts'
import type { Scene } from './scene.ts'

export type Attack = {
  /** The rule that it would break. */
  readonly title: string
  /** Of the resource that it is made with: occurs once. */
  readonly name: string
  /** What the attacker may do anyway. */
  readonly before?: (lab: Lab, scene: Scene) => Promise<unknown>
  readonly attack: (lab: Lab, scene: Scene) => Promise<unknown>
  /** The reason that his resource comes to, or what the API server says to him. */
  readonly refused: Reason | RegExp
  /** Of the resource, `application` where it is left out. */
  readonly kind?: Kind
  /** Where the resource is, if not in his own namespace. */
  readonly isAmongRecords?: true
  /** What he has anyway is lawfully changed by it, too. */
  readonly changesOwn?: true
  /** A deletion of the resource is refused as well. */
  readonly stays?: true
}

/** The attack, what came of it, then his deletion of the resource: neither changes anything of somebody else's. */
export async function isRefused(scene: Scene, row: Attack): Promise<void> {
  const { refused, kind = 'application', changesOwn = false } = row
  const lab = new Lab(scene.ground, row.name)
  const at = row.isAmongRecords ? { namespace: lab.stack.operatorNamespace } : {}
  await row.before?.(lab, scene)
  const before = await othersThings(scene, changesOwn)
  const unchanged = async (when: string) =>
    assert.equal(diffOf(before, await othersThings(scene, changesOwn)), [], `changed by ${when}`)
  if (refused instanceof RegExp) {
    const told = await row.attack(lab, scene).then(
      () => 'accepted',
      (error: Error) => error.message,
    )
    assert.match(told, refused)
    return unchanged('what was refused')
  }
  await row.attack(lab, scene)
  await lab.says(kind, refused, at)
  await unchanged('the attack')
  await lab.remove(kind, at)
  await (row.stays
    ? lab.until(
        kind,
        `says ${refused} while it is being deleted`,
        (seen) =>
          seen.metadata.deletionTimestamp !== undefined &&
          conditionOf(seen, 'Stalled')?.reason === refused &&
          conditionOf(seen, 'Stalled')?.observedGeneration === seen.metadata.generation,
        at,
      )
    : lab.gone(kind, at))
  await unchanged('the deletion')
}

/** An application of the row's name in the attacker's own tenant. */
export function wants(lab: Lab, spec: object = {}, annotations: object = {}): Promise<void> {
  return lab.application({ tenantRef: { name: MINE, namespace: lab.namespace }, ...spec }, { annotations })
}

export async function wantsReady(lab: Lab, spec: object = {}): Promise<unknown> {
  await wants(lab, spec)
  return lab.readyAgain()
}

/** A resource that the operator does nothing about yet, so that its UID is known before it looks: the UID. */
export async function wantsPaused(lab: Lab, spec: object = {}): Promise<string> {
  await wants(lab, spec, { [REQUEST_ANNOTATIONS.paused]: 'true' })
  return (await lab.applicationNow()).metadata.uid
}

export const base64 = (text: string) => Buffer.from(text).toString('base64')

/** A copy of a Secret that works, which says that it is of the row's resource and for that application. */
export async function plant(
  lab: Lab,
  from: string,
  { tenantId, id, owner }: { readonly tenantId: string; readonly id: string; readonly owner?: string },
): Promise<void> {
  const { data } = await lab.secret(from)
  const annotations = {
    [SECRET_ANNOTATIONS.claim]: `${lab.namespace}/${lab.name}`,
    [SECRET_ANNOTATIONS.applicationId]: id,
  }
  const changed = { ...data, application_id: base64(id), tenant_id: base64(tenantId) }
  await lab.putSecret({ metadata: { name: lab.name, annotations }, data: changed })
  if (owner !== undefined) await lab.patchSecret({ metadata: { ownerReferences: [controller(lab.name, owner)] } })
}

/** Of an application in the others' tenant that admits the attacker. */
export const shared = ({ others }: Scene) => ({ tenantRef: { name: SHARED, namespace: others.name } })

/** Writes a status as somebody does who may, which the attacker may not. */
export function forge(lab: Lab, { stack }: Scene, status: object, kind = 'raiapp'): Promise<string> {
  const patch = ['--subresource=status', '--type=merge', '-p', JSON.stringify({ status })]
  return stack.kubectl(['patch', kind, lab.name, ...patch])
}
