// What tools that wait for resources by kstatus' published rules (Flux, Argo CD, kpt) make of one of ours.
import type { Resource } from './history.ts'

export type Kstatus = 'Terminating' | 'InProgress' | 'Failed' | 'Current'

/**
 * First the deletion, then the generation, then `Reconciling` and `Stalled` in the order in which they stand there, then
 * `Ready`. Source: sigs.k8s.io/cli-utils, pkg/kstatus.
 */
export function kstatusOf({ metadata, status }: Resource): Kstatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating'
  if (status.observedGeneration !== metadata.generation) return 'InProgress'
  const conditions = status.conditions ?? []
  const abnormal = conditions.find(
    ({ type, status }) => status === 'True' && (type === 'Reconciling' || type === 'Stalled'),
  )
  if (abnormal) return abnormal.type === 'Stalled' ? 'Failed' : 'InProgress'
  const ready = conditions.find(({ type }) => type === 'Ready')
  return ready === undefined || ready.status === 'True' ? 'Current' : 'InProgress'
}
