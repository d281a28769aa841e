// In which form objects are handed out: whole, as metadata only, in lists.
import type { ApiObject } from './objects.ts'
import { without } from './objects.ts'
import { Refusal } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'
import { apiVersionOf } from './resource-types.ts'

/** What an object is shown as. */
export type View = (object: ApiObject) => object

export type ListMetadata = {
  readonly resourceVersion: string
  readonly continue?: string
  readonly remainingItemCount?: number
}

const WHOLE: View = (object) => object
const METADATA: View = ({ metadata }) => ({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata })
const PARTIAL = /;as=(PartialObjectMetadata(?:List)?)(?:[;,]|$)/

/** For one object. Throws how another form is refused. */
export function viewOf(accept: string | undefined): View {
  const form = formIn(accept)
  if (form === 'PartialObjectMetadataList') throw unacceptable(form, 'no list')
  return form === undefined ? WHOLE : METADATA
}

/** For the objects in a watch. The real one ends a watch for which it is asked for the form of lists, and does not say why. */
export function watchViewOf(accept: string | undefined): View | undefined {
  const form = formIn(accept)
  if (form === 'PartialObjectMetadataList') return undefined
  return form === undefined ? WHOLE : METADATA
}

/** Throws how another form is refused. */
export function listOf(
  type: ResourceType,
  items: readonly ApiObject[],
  metadata: ListMetadata,
  accept: string | undefined,
): object {
  const form = formIn(accept)
  if (form === 'PartialObjectMetadata') throw unacceptable(form, 'a list')
  if (form !== undefined) {
    return { kind: form, apiVersion: 'meta.k8s.io/v1', metadata, items: items.map((item) => METADATA(item)) }
  }
  // In lists of built-in kinds the items do not say what they are.
  const shown = type.schema ? items : items.map((item) => without(item, 'apiVersion', 'kind'))
  return { kind: `${type.kind}List`, apiVersion: apiVersionOf(type), metadata, items: shown }
}

function formIn(accept: string | undefined): string | undefined {
  return PARTIAL.exec(accept ?? '')?.[1]
}

function unacceptable(form: string, what: string): Refusal {
  return new Refusal(406, 'NotAcceptable', `you requested ${form}, but the requested object is ${what}`)
}
