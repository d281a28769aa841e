// What is told of each single resource, where `per-object-metrics` asks for it: as many series as there are resources.
import type { Registry } from 'prom-client'
import { Gauge } from 'prom-client'
import { APPLICATION_KIND } from '../api/names.ts'
import type { Counted } from './resource-metrics.ts'
import { activeSince, KINDS } from './resource-metrics.ts'

/** Read anew at each scrape: a resource that is gone leaves no series behind. */
export function addObjectMetrics(registry: Registry, resourcesOf: (kind: string) => Iterable<Counted>): void {
  const registers = [registry]
  const ready: Gauge = new Gauge({
    name: 'rai_resource_ready',
    help: '1 where a resource is Ready, 0 where not, and why.',
    labelNames: ['kind', 'namespace', 'name', 'reason'],
    registers,
    collect: () => {
      ready.reset()
      for (const kind of KINDS) {
        for (const { metadata, status } of resourcesOf(kind)) {
          const condition = status?.conditions?.find(({ type }) => type === 'Ready')
          const { namespace, name } = metadata
          ready.set({ kind, namespace, name, reason: condition?.reason ?? '' }, condition?.status === 'True' ? 1 : 0)
        }
      }
    },
  })
  const age: Gauge = new Gauge({
    name: 'rai_resource_credential_age_seconds',
    help: 'Age of the credential that an application has in use.',
    labelNames: ['namespace', 'name'],
    registers,
    collect: () => {
      age.reset()
      for (const { metadata, status } of resourcesOf(APPLICATION_KIND)) {
        const { namespace, name } = metadata
        const since = activeSince(status)
        if (since !== undefined) age.set({ namespace, name }, Math.max(0, (Date.now() - since) / 1000))
      }
    },
  })
}
