// A row of the table of reasons: how a resource comes to a reason, what it shows then, and the way out.
import * as assert from 'uvu/assert'
import { CONTROLLER_NAME } from '../../../src/api/names.ts'
import type { Reason } from '../../../src/api/reasons.ts'
import { columnsOf } from './columns.ts'
import { eventOf, eventsOf } from './events.ts'
import type { Kind, Resource } from './history.ts'
import { kstatusOf } from './kstatus.ts'
import type { Kstatus } from './kstatus.ts'
import { Lab } from './lab.ts'
import type { Ground } from './lab.ts'
import { breachesBetween, breachesOf, conditionOf, flapping, inShort } from './rules.ts'

export type Row = {
  readonly kind: Kind
  readonly reason: Reason
  readonly situation: string
  /** Of the resource, and of all that belongs to it: occurs once in a stack, and is a tenant's name, too. */
  readonly name: string
  /** Where the resource is, if not in the stack's namespace: in the guest's. */
  readonly isGuest?: true
  /** Leads the resource to the reason. Returns what docs/reasons.md says is to be done about it. */
  readonly provoke: (lab: Lab) => Promise<Remedy>
  /** The conditions in short, by docs/api.md's table. */
  readonly then: string
  readonly kstatus: Kstatus
  /** Part of the message. */
  readonly says: string | RegExp
  /** States that are passed on the way, in short. */
  readonly by?: string
  /** Nothing tells the operator that the remedy has been applied, so that it would look again after up to an hour: it is told to. */
  readonly isUntold?: true
  /** What the remedy leads to, `Ready` where it is left out. */
  readonly ends?: 'gone'
}

export type Remedy = () => Promise<void>

/** Reasons that tell of things going their way: their Events are no warnings. Source: docs/api.md, "Conditions". */
const NORMAL: readonly Reason[] = ['Ready', 'Provisioning', 'Rotating', 'Draining', 'Paused']

/** Goes through all of a row: to its reason, what shows there, that it stays so, the remedy, and every state on the way. */
export async function holds(ground: Ground, row: Row): Promise<void> {
  const lab = new Lab(ground, row.name)
  const at = row.isGuest ? { namespace: lab.guest } : {}
  const remedy = await row.provoke(lab)
  const reached = await lab.until(row.kind, `says ${row.reason} by ${row.then}`, (seen) => isReached(row, seen), at)
  await toldAsEvent(lab, row, reached)
  await shownInColumns(lab, row, at)
  await staysAsItIs(lab, row, at)
  await remedy()
  if (row.isUntold) await lab.touch(row.kind, at)
  await (row.ends === 'gone' ? lab.gone(row.kind, at) : lab.ready(row.kind, at))
  keptTheRules(lab, row, at)
}

type At = { readonly namespace?: string }

function isReached({ reason, then, kstatus, says }: Row, seen: Resource): boolean {
  const synced = conditionOf(seen, 'Synced')
  return (
    synced?.reason === reason &&
    inShort(seen) === then &&
    kstatusOf(seen) === kstatus &&
    (typeof says === 'string' ? synced.message.includes(says) : says.test(synced.message))
  )
}

/** As the first state with this reason was told, in its own words. */
async function toldAsEvent(lab: Lab, { reason, kind }: Row, resource: Resource): Promise<void> {
  const { namespace, name } = resource.metadata
  const { type, action, note, reportingController } = await eventOf(lab, resource, reason)
  const told = lab.ground.history.of({ kind, namespace, name }).flatMap((seen) =>
    (seen.resource.status.conditions ?? [])
      .filter((condition) => condition.reason === reason)
      .map(({ message }) => ({
        type: NORMAL.includes(reason) ? 'Normal' : 'Warning',
        action: seen.resource.metadata.deletionTimestamp === undefined ? 'Reconcile' : 'Delete',
        note: message,
      })),
  )
  assert.is(reportingController, CONTROLLER_NAME)
  assert.ok(
    told.some((state) => state.type === type && state.action === action && state.note === note),
    `no condition says what the Event does: ${type} ${action} ${note}`,
  )
}

async function shownInColumns(lab: Lab, { kind, reason }: Row, at: At): Promise<void> {
  const resource = await lab.get(kind, at)
  const columns = await columnsOf(lab, kind, at)
  const synced = conditionOf(resource, 'Synced')!
  assert.equal(
    [columns['Ready'], columns['Reason'], columns['Synced'], columns['Message']],
    [conditionOf(resource, 'Ready')!.status, reason, synced.status, synced.message],
  )
}

/** Another look changes nothing: no time, no message, no Event, and nothing is written. */
async function staysAsItIs(lab: Lab, row: Row, at: At): Promise<void> {
  const before = await lab.get(row.kind, at)
  const told = JSON.stringify(await eventsOf(lab, before, row.reason))
  const since = Date.now()
  const touched = await lab.touch(row.kind, at)
  await lab.reconciled(row.kind, since, at)
  const after = await lab.get(row.kind, at)
  assert.equal(after.status.conditions, before.status.conditions, 'the conditions stay as they are')
  assert.is(after.metadata.resourceVersion, touched.metadata.resourceVersion, 'nothing is written')
  assert.is(JSON.stringify(await eventsOf(lab, before, row.reason)), told, 'no Event is told')
}

function keptTheRules(lab: Lab, row: Row, at: At): void {
  const seen = lab.ground.history.of(lab.keyOf(row.kind, at)).map(({ resource }) => resource)
  for (const [uid, states = []] of Object.entries(Object.groupBy(seen, ({ metadata }) => metadata.uid))) {
    const breaches = states.flatMap((state, index) => [
      ...breachesOf(state),
      ...(index === 0 ? [] : breachesBetween(states[index - 1]!, state)),
    ])
    assert.equal(breaches, [], `rules that ${uid} broke`)
    assert.equal(flapping(states), [], `conditions of ${uid} that flap`)
  }
  if (row.by !== undefined)
    assert.ok(
      seen.some((state) => inShort(state) === row.by),
      `it passes ${row.by}`,
    )
}
