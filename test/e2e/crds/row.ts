// A row of the acceptance tables: one rule of the API, with an object that keeps or breaks it.

type Fields = Readonly<Record<string, unknown>>

export type Row = {
  /** In the present tense; the title of the test. */
  readonly rule: string
  /** `metadata.name`; one that the rules have nothing against where it is left out. */
  readonly name?: string
  /** The spec of an object that exists: the row is an update of it. A create where it is left out. */
  readonly before?: Fields
  /** What the spec is to be: these fields on top of the least that is needed; `undefined` takes one away. */
  readonly spec?: Fields
  /** A status that is written to an object that exists. */
  readonly status?: Fields
  /** The fields that are found fault with, each with a part of what is said about it ('' for anything). Accepted where it is left out. */
  readonly refused?: Readonly<Record<string, string>>
}

/** The same rule on several values. */
export function each<T>(values: readonly T[], row: (value: T) => Row): Row[] {
  return values.map(row)
}

const since = '2026-01-01T00:00:00Z'

export const condition = {
  type: 'Ready',
  status: 'True',
  reason: 'Ready',
  message: 'it works',
  observedGeneration: 1,
  lastTransitionTime: since,
}

/** Rules on what the statuses of both kinds have in common. */
export const STATUS_ROWS: readonly Row[] = [
  {
    rule: 'a status needs no more than the generation that it is about',
    status: { observedGeneration: 1 },
  },
  {
    rule: 'a status without the generation that it is about is refused',
    status: { conditions: [condition] },
    refused: { 'status.observedGeneration': 'Required' },
  },
  {
    rule: 'a generation below -1 is refused',
    status: { observedGeneration: -2 },
    refused: { 'status.observedGeneration': 'greater than or equal to -1' },
  },
  {
    rule: 'two conditions of one type are refused',
    status: { observedGeneration: 1, conditions: [condition, condition] },
    refused: { 'status.conditions[1]': 'Duplicate' },
  },
  {
    rule: 'a condition with a status of its own invention is refused',
    status: { observedGeneration: 1, conditions: [{ ...condition, status: 'Maybe' }] },
    refused: { 'status.conditions[0].status': 'True' },
  },
  {
    rule: 'a condition without the time of its last change is refused',
    status: { observedGeneration: 1, conditions: [{ ...condition, lastTransitionTime: undefined }] },
    refused: { 'status.conditions[0].lastTransitionTime': 'Required' },
  },
  {
    rule: 'a condition whose reason is no word is refused',
    status: { observedGeneration: 1, conditions: [{ ...condition, reason: 'not found' }] },
    refused: { 'status.conditions[0].reason': 'should match' },
  },
  {
    rule: 'a provenance of its own invention is refused',
    status: { observedGeneration: 1, provenance: 'Stolen' },
    refused: { 'status.provenance': 'Created' },
  },
]
