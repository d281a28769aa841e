// Which objects a list or a watch is about: namespace, labels, fields.
import type { Label } from './collection.ts'
import type { ApiObject } from './objects.ts'
import { isRecord } from './objects.ts'
import { badRequest } from './refusals.ts'
import type { ResourceType } from './resource-types.ts'

export type Selector = (object: ApiObject) => boolean

export type Selection = {
  readonly namespace?: string | undefined
  readonly labelSelector: string | undefined
  readonly fieldSelector: string | undefined
}

/** Throws what a selector that makes no sense is refused with. */
export function selectorOf(type: ResourceType, selection: Selection): Selector {
  const { namespace, labelSelector, fieldSelector } = selection
  const wanted = [
    ...(namespace === undefined ? [] : [(object: ApiObject) => object.metadata.namespace === namespace]),
    ...requirementsIn(labelSelector).map(labelRequirement),
    ...requirementsIn(fieldSelector).map((text) => fieldRequirement(type, text)),
  ]
  return (object) => wanted.every((isMet) => isMet(object))
}

/** Labels that everything selected has. */
export function labelsIn(labelSelector: string | undefined): Label[] {
  return requirementsIn(labelSelector).flatMap((text) => {
    const [, key, operator, value] = EQUALITY.exec(text) ?? []
    return key !== undefined && value !== undefined && operator !== '!=' ? [[key, value] as const] : []
  })
}

/** Commas within brackets separate values. */
function requirementsIn(selector: string | undefined): string[] {
  return selector ? selector.split(/,(?![^(]*\))/) : []
}

const WORD = String.raw`[\w./-]+`
const EQUALITY = new RegExp(String.raw`^\s*(${WORD})\s*(=|==|!=)\s*([\w.-]*)\s*$`)
const MEMBERSHIP = new RegExp(String.raw`^\s*(${WORD})\s+(in|notin)\s+\(([^()]*)\)\s*$`)
const EXISTENCE = new RegExp(String.raw`^\s*(!?)\s*(${WORD})\s*$`)

function labelRequirement(text: string): Selector {
  const [, key, operator, value] = EQUALITY.exec(text) ?? []
  if (key !== undefined) {
    const isWanted = operator !== '!='
    return ({ metadata }) => (metadata.labels?.[key] === value) === isWanted
  }
  const [, member, relation, list] = MEMBERSHIP.exec(text) ?? []
  if (member !== undefined) {
    const values = list!.split(',').map((one) => one.trim())
    const isWanted = relation === 'in'
    return ({ metadata }) => values.some((one) => metadata.labels?.[member] === one) === isWanted
  }
  const [, negation, name] = EXISTENCE.exec(text) ?? []
  if (name === undefined) throw badRequest(`unable to parse requirement: ${text}`)
  return ({ metadata }) => (metadata.labels?.[name] === undefined) === (negation === '!')
}

function fieldRequirement(type: ResourceType, text: string): Selector {
  const [, field = '', operator, value = ''] = /^([^=!]+)(=|==|!=)([^=]*)$/.exec(text) ?? []
  const isKnown = ['metadata.name', 'metadata.namespace', ...type.selectableFields].includes(field)
  if (!isKnown) throw badRequest(`field label not supported: ${field}`)
  const isWanted = operator !== '!='
  return (object) => (fieldOf(object, field) === value) === isWanted
}

function fieldOf(object: ApiObject, path: string): string {
  const at = (value: unknown, part: string): unknown => (isRecord(value) ? value[part] : undefined)
  const value = path.split('.').reduce<unknown>(at, object)
  return typeof value === 'string' ? value : ''
}
