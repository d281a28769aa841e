// What holds for the status of every resource at every moment, whatever its reason: for kstatus, kubectl wait and people.
import { isReason } from '../../../src/api/reasons.ts'
import type { Condition } from '../../../src/api/types.ts'
import type { Resource } from './history.ts'
import { kstatusOf } from './kstatus.ts'

const ALWAYS = ['Ready', 'Synced']
const WHILE_TRUE = ['Reconciling', 'Stalled']

/** Conditions in short: `Ready=False Synced=False Stalled`. */
export function inShort({ status }: Resource): string {
  return (status.conditions ?? [])
    .map(({ type, status }) => (ALWAYS.includes(type) ? `${type}=${status}` : type))
    .join(' ')
}

export function conditionOf({ status }: Resource, type: string): Condition | undefined {
  return status.conditions?.find((condition) => condition.type === type)
}

/** Rules that one state breaks. */
export function breachesOf(resource: Resource): string[] {
  const { metadata, status } = resource
  const { conditions } = status
  if (conditions === undefined) {
    return status.observedGeneration === -1 ? [] : ['a generation is observed, and no condition says so']
  }
  const types = conditions.map(({ type }) => type)
  const kstatus = kstatusOf(resource)
  const isReady = conditionOf(resource, 'Ready')?.status === 'True'
  const rules: readonly (readonly [broken: boolean, rule: string])[] = [
    [!ALWAYS.every((type) => types.includes(type)), 'Ready or Synced is missing'],
    [new Set(types).size < types.length, 'a condition stands there twice'],
    [types.some((type) => ![...ALWAYS, ...WHILE_TRUE].includes(type)), 'there is a condition of another type'],
    [WHILE_TRUE.every((type) => types.includes(type)), 'Reconciling and Stalled stand beside each other'],
    [
      conditions.some(({ type, status }) => WHILE_TRUE.includes(type) && status !== 'True'),
      'Reconciling or Stalled is not True',
    ],
    [(status.observedGeneration ?? Infinity) > metadata.generation, 'a generation is observed that never was'],
    [
      conditions.some(({ observedGeneration: at }) => at === undefined || at < 1 || at > metadata.generation),
      'a condition is about no generation that was',
    ],
    [conditions.some(({ reason }) => !isReason(reason)), 'a reason is not in the list'],
    [conditions.some(({ message }) => message === '' || message.includes('\n')), 'a message is not one line'],
    [kstatus === 'Current' && !isReady, 'kstatus takes for finished what is not Ready'],
    [kstatus === 'Failed' && !types.includes('Stalled'), 'kstatus gives up what is not stalled'],
  ]
  return rules.filter(([broken]) => broken).map(([, rule]) => rule)
}

/** Rules that a state breaks beside the one before it. */
export function breachesBetween(before: Resource, after: Resource): string[] {
  return (after.status.conditions ?? []).flatMap(({ type, status, lastTransitionTime }) => {
    const earlier = conditionOf(before, type)
    if (earlier === undefined || earlier.status !== status) return []
    return earlier.lastTransitionTime === lastTransitionTime ? [] : [`${type} stayed ${status} and has another time`]
  })
}

/** Whether a condition goes back to what it said before, while its reason stays: it flaps. */
export function flapping(states: readonly Resource[]): string[] {
  return [...ALWAYS, ...WHILE_TRUE].filter((type) => {
    const said = new Set<string>()
    let last: Condition | undefined
    return states.some((state) => {
      const now = conditionOf(state, type)
      if (now?.reason !== last?.reason) said.clear()
      const isBack = now !== undefined && now.message !== last?.message && said.has(now.message)
      if (now) said.add(now.message)
      last = now
      return isBack
    })
  })
}
