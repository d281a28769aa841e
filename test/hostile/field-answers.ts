// Answers whose status is right and one of whose fields is not as the contract says.
import type { Answer, Family } from './answer.ts'
import { whole } from './answer.ts'
import type { Field, Operation } from './operations.ts'
import { HOSTILE_VALUES, OTHER_ID } from './values.ts'
import type { HostileValue } from './values.ts'

const NEEDED_TYPE = { id: 'text', text: 'text', list: 'list', object: 'object', number: 'number' } as const
/** Stands in a document for text that no library would write. */
const PLACE = '\u0001'

/** Each field, with each hostile value in it. */
export function fields(operation: Operation): ReturnType<Family> {
  return operation.fields.flatMap((field) =>
    valuesFor(at(operation.document!, field)).map((value) => ({
      what: `${pathOf(field)} is ${value.what}`,
      must: mustOf(operation, field, value),
      sent: whole(operation, () => put(operation.document!, field, value.text)),
    })),
  )
}

/** Where no text belongs, one is as wrong as another. */
function valuesFor(valid: unknown): readonly HostileValue[] {
  if (typeof valid === 'string') return HOSTILE_VALUES
  return HOSTILE_VALUES.filter(({ type, what }) => type !== 'text' || what === 'another id' || what === '100 kB')
}

function mustOf({ column }: Operation, [kind, ...path]: Field, { type, what }: HostileValue): Answer['must'] {
  // Optional parts never spoil the rest.
  if (kind === 'optional') return 'succeed'
  if (type !== NEEDED_TYPE[kind]) return 'fail'
  const isAsked = column === 'getTenant' || column === 'getTenantApplication'
  return isAsked && kind === 'id' && path.length === 1 && what === 'another id' ? 'fail' : 'either'
}

/** Each field left out, and each there twice. */
export function missing(operation: Operation): ReturnType<Family> {
  return operation.fields.flatMap((field) => {
    const [kind] = field
    const valid = JSON.stringify(at(operation.document!, field))
    const key = JSON.stringify(field.at(-1))
    const isMember = typeof field.at(-1) === 'string'
    const twice = (first: string, second: string) => put(operation.document!, field, `${first},${key}:${second}`)
    const other = kind === 'id' ? JSON.stringify(OTHER_ID) : 'null'
    return [
      {
        what: `${pathOf(field)} is missing`,
        must: kind === 'optional' ? 'succeed' : 'fail',
        sent: whole(operation, () => without(operation.document!, field)),
      },
      ...(isMember
        ? ([
            // As JSON.parse has it, the last one counts.
            {
              what: `${pathOf(field)} stands there twice, the valid one last`,
              must: 'succeed',
              sent: whole(operation, () => twice(other, valid)),
            },
            {
              what: `${pathOf(field)} stands there twice, another one last`,
              must: kind === 'optional' ? 'succeed' : kind === 'id' ? 'either' : 'fail',
              sent: whole(operation, () => twice(valid, other)),
            },
          ] as const)
        : []),
    ]
  })
}

function pathOf([, ...path]: Field): string {
  return `/${path.join('/')}`
}

function at(document: object, [, ...path]: Field): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<string | number, unknown>)[key], document)
}

/** The text of the document in which this field is `text`. */
function put(document: object, field: Field, text: string): string {
  const copy = structuredClone(document)
  ownerOf(copy, field)[field.at(-1)!] = PLACE
  return JSON.stringify(copy).replace(JSON.stringify(PLACE), () => text)
}

function without(document: object, field: Field): string {
  const copy = structuredClone(document)
  const owner = ownerOf(copy, field)
  delete owner[field.at(-1)!]
  return JSON.stringify(copy)
}

function ownerOf(document: object, [kind, ...path]: Field): Record<string | number, unknown> {
  return at(document, [kind, ...path.slice(0, -1)]) as Record<string | number, unknown>
}
