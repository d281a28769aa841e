// What the API server sends, as far as the operator reads it.

/** Asks for an object's metadata and nothing else of it. */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json'
/** The same of all objects of a list. */
export const METADATA_OF_ALL = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json'

/** A resource of any kind, with those parts of its metadata that are the same for all. */
export type WireObject = {
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid: string
    readonly resourceVersion: string
    readonly generation?: number
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly finalizers?: readonly string[]
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly {
      readonly apiVersion: string
      readonly kind: string
      readonly name: string
      readonly uid: string
      readonly controller?: boolean
    }[]
  }
}

/** One page of a list. */
export type WireList = {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string }
  /** Go writes an empty list as `null`. */
  readonly items: readonly WireObject[] | null
}

/** One line of a watch. */
export type WatchEvent =
  | { readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'; readonly object: WireObject }
  | { readonly type: 'BOOKMARK'; readonly object: Pick<WireObject, 'metadata'> }
  | { readonly type: 'ERROR'; readonly object: Status }

/** `metav1.Status`: the body of an answer that is not a success. */
export type Status = {
  readonly code?: number
  /** From a fixed vocabulary. */
  readonly reason?: string
  readonly message?: string
  readonly details?: {
    readonly kind?: string
    readonly retryAfterSeconds?: number
    readonly causes?: readonly { readonly reason?: string; readonly field?: string }[]
  }
}
