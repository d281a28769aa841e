// Events about a resource, as the API server has them.
import type { Transition } from '../../../src/controllers/ports.ts'
import { eventually } from '../../stack/stack.ts'
import type { Resource } from './history.ts'
import { PATIENCE_MS } from './lab.ts'
import type { Lab } from './lab.ts'

type WireEvent = {
  readonly type: string
  readonly reason: string
  readonly action: string
  readonly note: string
  readonly reportingController: string
  readonly series?: { readonly count: number }
}

type Reason = Transition['reason']

export async function eventsOf(lab: Lab, { metadata }: Resource, reason: Reason): Promise<readonly WireEvent[]> {
  const path = `/apis/events.k8s.io/v1/namespaces/${metadata.namespace}/events`
  const query = { fieldSelector: `reason=${reason},regarding.uid=${metadata.uid}` }
  return ((await lab.request('GET', path, { query })) as { items: WireEvent[] }).items
}

/** Waits for an Event with this reason: the first one. */
export function eventOf(lab: Lab, resource: Resource, reason: Reason): Promise<WireEvent> {
  const { kind, metadata } = resource
  const first = async () => (await eventsOf(lab, resource, reason))[0]
  return eventually(`an Event of ${kind} ${metadata.name} says ${reason}`, first, PATIENCE_MS)
}
