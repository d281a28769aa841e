// A world in which one operator runs and a user applies manifests.
import { API_VERSION, APPLICATION_KIND, APPLICATION_PLURAL, TENANT_KIND, TENANT_PLURAL } from '../../src/api/names.ts'
import type { Condition, RaiTenant, RaiTenantApplication } from '../../src/api/types.ts'
import { isReady, journals, nothingLeft } from './lifecycle.ts'
import type { Manifests } from './manifests.ts'
import { ELSEWHERE, HOME, NAMES } from './manifests.ts'
import { seeded } from './random.ts'
import type { RecurringKeys } from './recurring-keys.ts'
import type { Fields } from './spec-vocabulary.ts'
import { World } from './world.ts'

const SECOND_MS = 1_000
const MINUTE_MS = 60 * SECOND_MS
/** More than the longest overlap of the vocabulary, twice: one may have to wait for another. */
const SETTLED_MS = 90 * MINUTE_MS
const DELETED_MS = 5 * MINUTE_MS
/** An overlap by setting that some periods of the vocabulary are too short for, and others are not. */
const FLAGS = { 'default-overlap': '10m' }

export class Applied {
  readonly world: World
  #applicationKey = ''

  constructor(keys: RecurringKeys, seed: number) {
    this.world = new World({ pool: keys, random: seeded(seed) })
    this.world.api.create({ kind: 'Namespace', metadata: { name: ELSEWHERE, labels: { team: 'partner' } } })
    this.world.startOperator('p1', FLAGS)
  }

  /** As one file with both: made the first time, from then on put in the place of what was there. */
  async apply({ namespace, tenant, application }: Manifests): Promise<void> {
    this.#applicationKey = `${namespace}/${NAMES.application}`
    await this.#put(TENANT_KIND, TENANT_PLURAL, HOME, NAMES.tenant, tenant)
    await this.#put(APPLICATION_KIND, APPLICATION_PLURAL, namespace, NAMES.application, application)
  }

  async #put(kind: string, plural: string, namespace: string, name: string, spec: Fields): Promise<void> {
    const { api, trace } = this.world
    const there = api.get(`${kind}/${namespace}/${name}`)
    trace.push(`a user applies ${kind} ${JSON.stringify(spec)}`)
    if (!there) return void api.create({ kind, metadata: { namespace, name }, spec })
    const path = `/apis/${API_VERSION}/namespaces/${namespace}/${plural}/${name}`
    await api.transport().request('PUT', path, { body: { ...there, spec } }, new AbortController().signal)
  }

  get tenant(): RaiTenant | undefined {
    return this.world.api.get(`${TENANT_KIND}/${HOME}/${NAMES.tenant}`)
  }

  get application(): RaiTenantApplication | undefined {
    return this.world.api.get(`${APPLICATION_KIND}/${this.#applicationKey}`)
  }

  /** All is as asked for, as far as the resources say, and nothing is left of the way there. */
  get isDone(): boolean {
    const { tenant, application } = this
    const isWell = (one: RaiTenant | RaiTenantApplication | undefined): boolean =>
      isReady(one) && one?.status.observedGeneration === one?.metadata.generation
    const isAlone = application?.status.credentials?.length === 1
    return isWell(tenant) && isWell(application) && isAlone && journals(this.world).length === 0
  }

  /** Lets the operator make so many calls, or all that it has to make. */
  async letCall(calls: number): Promise<void> {
    const { world } = this
    const last = world.calls + calls
    await world.run(30 * SECOND_MS, () => world.calls >= last)
  }

  /** Runs until it is so and stays so for a second, or does not become so. */
  async settle(isSo: () => boolean, forMs = SETTLED_MS): Promise<void> {
    do if (!(await this.world.run(forMs, isSo))) return
    while (!(await this.world.run(SECOND_MS).then(isSo)))
  }

  /** Deletes both, and waits until what can go has gone. */
  async delete(): Promise<void> {
    const { world } = this
    world.api.delete(`${TENANT_KIND}/${HOME}/${NAMES.tenant}`)
    world.api.delete(`${APPLICATION_KIND}/${this.#applicationKey}`)
    await world.run(DELETED_MS, () => nothingLeft(world))
    world.api.collectGarbage()
    await world.run(MINUTE_MS)
  }
}

export function conditionOf(
  resource: RaiTenant | RaiTenantApplication | undefined,
  type: string,
): Condition | undefined {
  return resource?.status.conditions?.find((condition) => condition.type === type)
}
