// Whole operators over one cluster and one control plane in memory, with a clock that tests move.
import { ManualClock } from '../doubles/manual-clock.ts'
import { headline } from '../../src/domain/conditions.ts'
import type { RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { decodeJournal } from '../../src/domain/journal-format.ts'
import type { Journal } from '../../src/domain/journal.ts'
import {
  keyOf,
  MemoryApplications,
  MemoryDefinitions,
  MemoryNamespaces,
  MemoryResources,
  MemorySecrets,
  RecordedEvents,
} from '../doubles/memory-cluster.ts'
import { MemoryControlPlane } from '../doubles/memory-control-plane.ts'
import { MemoryRecords } from '../doubles/memory-records.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { boundTenant } from '../doubles/resources.ts'
import type { ProcessSettings } from './process.ts'
import { startProcess } from './process.ts'
import { RecordedMetrics } from './recorded-metrics.ts'

export type World = ReturnType<typeof makeWorld>

/** What is there whether or not an operator runs. */
function makeWorld() {
  const clock = new ManualClock()
  return {
    clock,
    tenants: new MemoryResources<RaiTenant>(),
    applications: new MemoryApplications(),
    secrets: new MemorySecrets(),
    namespaces: new MemoryNamespaces(),
    records: new MemoryRecords(),
    events: new RecordedEvents(),
    definitions: new MemoryDefinitions(),
    plane: new MemoryControlPlane(() => clock.now()),
    metrics: new RecordedMetrics(),
    logger: new RecordedLog(),
  }
}

/** The state in one word, as `kubectl get` shows it. */
function reasonOf(resource: RaiTenant | RaiTenantApplication | undefined): string | undefined {
  return headline(resource?.status.conditions ?? [])?.reason
}

/** … and what it says to do. */
export function messageOf(resource: RaiTenant | RaiTenantApplication | undefined): string {
  return headline(resource?.status.conditions ?? [])?.message ?? ''
}

/** One operator, and whatever tests want to know of its world; `start` begins another process over the same. */
export function makeHarness(settings: ProcessSettings = {}) {
  const world = makeWorld()
  const { tenants, applications, records } = world

  /** All journals that can be read, oldest first. */
  function journals(): Journal[] {
    const decoded = [...records.held.values()].filter(({ name }) => name.startsWith('journal-')).map(decodeJournal)
    return decoded.filter((one): one is Journal => 'attempt' in one)
  }

  return {
    ...world,
    ...startProcess(world, settings),
    start: (more: ProcessSettings = {}) => startProcess(world, { ...settings, ...more }),
    journals,
    states: () => journals().map(({ attempt }) => attempt.state),
    tenantReason: (resource: RaiTenant) => reasonOf(tenants.get(keyOf(resource))),
    applicationReason: (resource: RaiTenantApplication) => reasonOf(applications.get(keyOf(resource))),
    tenantNow: (resource: RaiTenant) => tenants.get(keyOf(resource)),
    applicationNow: (resource: RaiTenantApplication) => applications.get(keyOf(resource)),
  }
}

export type Harness = ReturnType<typeof makeHarness>

/** A harness with a Ready tenant. */
export function withTenant(settings: ProcessSettings = {}) {
  const harness = makeHarness(settings)
  const { id: tenantId } = harness.plane.makeTenant({ name: 'acme', cells: ['eu-1'] })
  harness.tenants.apply(boundTenant(tenantId))
  return { ...harness, tenantId }
}
