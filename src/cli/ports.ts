// What commands ask of a cluster and of an organization: a few questions, and one write, of annotations.

/** An object as the API server sends it; where its metadata alone was asked for, there is no more. */
export type KubeObject = {
  readonly apiVersion?: string
  readonly kind?: string
  readonly metadata: {
    readonly name: string
    readonly namespace?: string
    readonly uid?: string
    readonly resourceVersion?: string
    readonly generation?: number
    readonly creationTimestamp: string
    readonly deletionTimestamp?: string
    readonly labels?: Readonly<Record<string, string>>
    readonly annotations?: Readonly<Record<string, string>>
    readonly ownerReferences?: readonly {
      readonly kind: string
      readonly name: string
      readonly controller?: boolean
    }[]
    readonly managedFields?: readonly { readonly fieldsV1?: Readonly<Record<string, object>> }[]
  }
  readonly [field: string]: unknown
}

/** Where the objects of one kind are. */
export type Collection = {
  /** Empty: the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  /** `undefined`: in all namespaces, or in none. */
  readonly namespace?: string | undefined
  readonly labelSelector?: string | undefined
}

/**
 * Reads as a person would, once and without a cache. Throws a `Failure`: `KubeForbidden`, `KubeUnavailable`, and for a
 * collection that is not there `KubeNotFound`.
 */
export interface ClusterReader {
  /** The API server's version, such as `v1.37.2`. */
  version(signal: AbortSignal): Promise<string>
  /** Whether there is any kind of this group and version. */
  serves(collection: Collection, signal: AbortSignal): Promise<boolean>
  list(collection: Collection, signal: AbortSignal): Promise<readonly KubeObject[]>
  /** The metadata alone: what is in the objects never leaves the API server. */
  listMetadata(collection: Collection, signal: AbortSignal): Promise<readonly KubeObject[]>
  /** `undefined`: there is no such object, or no such kind. */
  find(collection: Collection, name: string, signal: AbortSignal): Promise<KubeObject | undefined>
}

/** Changes annotations and nothing else. */
export interface Annotator {
  /** `null` takes one off. Fails as {@link ClusterReader} does. */
  annotate(
    collection: Collection,
    name: string,
    annotations: Readonly<Record<string, string | null>>,
    signal: AbortSignal,
  ): Promise<void>
}

/** One thing that somebody may do, or not. */
export type Access = {
  readonly verb: string
  readonly group: string
  /** With its subresource: `raitenants/status`. */
  readonly resource: string
  /** `undefined`: in all of them, or of none. */
  readonly namespace: string | undefined
  /** `undefined`: any. */
  readonly name: string | undefined
}

export interface AccessAsker {
  /** Whether we may. Nothing is left of the question. Fails as {@link ClusterReader} does. */
  may(access: Access, signal: AbortSignal): Promise<boolean>
}

/** The organization that an operator would work for. */
export interface CheckedOrganization {
  /** Its name. Throws `Unauthorized`, with the file and the remedy, while there is no credential to use. */
  name(): string
  /** How many tenants it has. Throws a `Failure` that says what to do. */
  countTenants(signal: AbortSignal): Promise<number>
  /** Whether the token endpoint has given a token. */
  hadToken(): boolean
}
