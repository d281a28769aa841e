// The kinds that the API server in memory knows, and how they differ.
import type { Schema } from '../../api/schemas.ts'
import { CRDS, schemaOf } from '../../api/schemas.ts'

/** A kind, and where its objects are. */
export type ResourceType = {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly plural: string
  readonly kind: string
  readonly isNamespaced: boolean
  /** Defined by a CRD, whose schema it is. Custom kinds have generations and a status of their own. */
  readonly schema?: Schema
  /** By which fields a list can be narrowed, beyond name and namespace. */
  readonly selectableFields: readonly string[]
  /** Whether a PUT may do without a version. */
  readonly isReplacedBlindly: boolean
  /** Whether a PUT makes what is not there. */
  readonly isMadeByPut: boolean
}

const BUILT_IN = { isNamespaced: true, selectableFields: [], isReplacedBlindly: true, isMadeByPut: false }

export const SECRETS: ResourceType = {
  ...BUILT_IN,
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  selectableFields: ['type'],
}

export const NAMESPACES: ResourceType = {
  ...BUILT_IN,
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  isNamespaced: false,
}

export const LEASES: ResourceType = {
  ...BUILT_IN,
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  isReplacedBlindly: false,
  isMadeByPut: true,
}

export const EVENTS: ResourceType = {
  ...BUILT_IN,
  group: 'events.k8s.io',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  isMadeByPut: true,
}

export const DEFINITIONS: ResourceType = {
  ...BUILT_IN,
  group: 'apiextensions.k8s.io',
  version: 'v1',
  plural: 'customresourcedefinitions',
  kind: 'CustomResourceDefinition',
  isNamespaced: false,
  isReplacedBlindly: false,
}

type Selectable = { readonly selectableFields?: readonly { readonly jsonPath: string }[] }

const CUSTOM: readonly ResourceType[] = CRDS.map((crd) => {
  const { group, names, versions } = crd.spec
  const { selectableFields = [] } = versions[0] as Selectable
  return {
    isNamespaced: true,
    group,
    version: versions[0]!.name,
    plural: names.plural,
    kind: names.kind,
    schema: schemaOf(crd),
    selectableFields: selectableFields.map(({ jsonPath }) => jsonPath.slice(1)),
    isReplacedBlindly: false,
    isMadeByPut: false,
  }
})

export const RESOURCE_TYPES: readonly ResourceType[] = [SECRETS, NAMESPACES, LEASES, EVENTS, DEFINITIONS, ...CUSTOM]

export function apiVersionOf({ group, version }: ResourceType): string {
  return group === '' ? version : `${group}/${version}`
}

/** `secrets`, `leases.coordination.k8s.io`: as the API server names it, and as a definition is called. */
export function resourceName({ group, plural }: ResourceType): string {
  return group === '' ? plural : `${plural}.${group}`
}
