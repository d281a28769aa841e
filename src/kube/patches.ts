// JSON Patches (RFC 6902) that change one thing and fail when somebody else has just changed the same thing.
import { FINALIZER } from '../api/names.ts'
import type { ResourceMetadata } from '../api/types.ts'

export type PatchOperation =
  | { readonly op: 'test' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }

const FINALIZERS = '/metadata/finalizers'

/**
 * Puts our finalizer on, unless the finalizers have changed or the deletion has begun since `metadata` was read. Changes
 * to anything else are no obstacle. `undefined`: it is there.
 */
export function addingFinalizer({ uid, finalizers = [] }: ResourceMetadata): PatchOperation[] | undefined {
  if (finalizers.includes(FINALIZER)) return undefined
  const isFirst = finalizers.length === 0
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    // A member that is absent equals null: the API server leaves empty lists out.
    { op: 'test', path: '/metadata/deletionTimestamp', value: null },
    { op: 'test', path: FINALIZERS, value: isFirst ? null : finalizers },
    isFirst
      ? { op: 'add', path: FINALIZERS, value: [FINALIZER] }
      : { op: 'add', path: `${FINALIZERS}/-`, value: FINALIZER },
  ]
}

/** Takes our finalizer off, unless it no longer stands where `metadata` has it. `undefined`: it is off. */
export function removingFinalizer({ uid, finalizers = [] }: ResourceMetadata): PatchOperation[] | undefined {
  const index = finalizers.indexOf(FINALIZER)
  if (index < 0) return undefined
  const path = `${FINALIZERS}/${index}`
  return [
    { op: 'test', path: '/metadata/uid', value: uid },
    { op: 'test', path, value: FINALIZER },
    { op: 'remove', path },
  ]
}

/** Replaces the status of exactly this version: whoever wrote it knew all that it says. */
export function replacingStatus({ resourceVersion }: ResourceMetadata, status: unknown): PatchOperation[] {
  return [
    { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
    { op: 'add', path: '/status', value: status },
  ]
}
