// What people do to an application on its second day, and what must stand when that is done: the shape of it, and what many of them share.
import { REQUEST_ANNOTATIONS } from '../../../src/api/names.ts'
import type { Life } from '../life.ts'
import { APPLICATION, applyApplication, applyTenant, changeApplication, MINUTE_MS } from '../lifecycle.ts'
import type { Mode } from '../lifecycle.ts'
import type { World } from '../world.ts'
import type { Witness } from './witness.ts'

/** What an operation works with. */
export type Day = {
  readonly life: Life
  readonly world: World
  readonly witness: Witness
  readonly mode: Mode
  /** The application that was there in the morning, if there was one. */
  readonly first: string | undefined
  /** Waits until it is so; that it never is, is a fault. */
  until(what: string, isSo: () => boolean): Promise<void>
}

export type Operation = {
  /** In which modes it is gone through in each test run; by hand, in both. */
  readonly modes: readonly Mode[]
  readonly spec?: object
  readonly tenantSpec?: object
  /** What is there in the morning, if not {@link made}; tells the application. */
  readonly morning?: (life: Life, mode: Mode) => Promise<string | undefined>
  /** What people do; each step waits for what it brings about. */
  readonly act: (day: Day) => Promise<void> | void
  /** … while the first create of the day is under way. */
  readonly atCreate?: (day: Day) => void
  /** How many applications are made when all goes well. */
  readonly makes: number
  /** What stands in the end: the application of the morning, another one, whichever of the two, or nothing. */
  readonly stands: 'first' | 'another' | 'either' | 'nothing'
  /** How long it may take, in milliseconds, until a loss is noticed; else it is pointed at. */
  readonly noticedInMs?: number
}

export const EC: readonly Mode[] = ['EC']
export const SECRET: readonly Mode[] = ['ClientSecret']
export const EITHER: readonly Mode[] = [...EC, ...SECRET]
export const ELSEWHERE = { secret: { name: 'elsewhere' } }

export function rotate({ world }: Day): void {
  changeApplication(world, { annotations: { [REQUEST_ANNOTATIONS.rotate]: 'one' } })
}

export function active({ world }: Day): string | undefined {
  return world.api.get(APPLICATION)?.status.applicationId
}

/** A morning at which nothing is due: made long enough ago for a lost credential to be healed at once. */
export async function made({ world }: Life, mode: Mode, { spec, tenantSpec }: Operation): Promise<string | undefined> {
  applyTenant(world, tenantSpec)
  applyApplication(world, mode, { overlap: '5m', ...spec })
  await world.run(15 * MINUTE_MS)
  return world.api.get(APPLICATION)?.status.applicationId
}
