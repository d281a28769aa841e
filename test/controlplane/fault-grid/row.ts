// The rows of the grid: a fault, and for every operation how it is to be told, how many calls it makes and what they do.
import type { Given } from './cell.ts'
import type { Column } from './columns.ts'
import type { ModeName } from './modes.ts'

/** How it is told, how many calls arrive, and how often it happens. */
export type Expected = readonly [told: string, calls: number, effects: number]

/** The same in every mode, or one with keys and one with a secret. */
export type Cell = Expected | { readonly byKey: Expected; readonly bySecret: Expected }

export type Row = {
  readonly fault: string
  readonly given: Given
  readonly cells: Readonly<Partial<Record<Column, Cell>>>
}

type Groups = { readonly create?: Cell; readonly read?: Cell; readonly delete?: Cell; readonly token?: Cell }

/** By groups of operations, and by those that differ from their group. */
export type Expectations = Groups & Partial<Record<Column, Cell>>

export const UNAVAILABLE = 'ControlPlaneUnavailable retry'
export const REJECTED = 'Rejected stall'
export const FORBIDDEN = 'Forbidden wait'
export const UNAUTHORIZED = 'Unauthorized wait'
export const CREDENTIAL_REJECTED = 'CredentialRejected stall'
export const LIMITED = (ms: number) => `RateLimited retry +${ms}`
export const AMBIGUOUS = `ambiguous ${UNAVAILABLE}`
export const NOT_SENT = `notSent ${UNAVAILABLE}`

/** As without a fault. */
export const FINE = {
  create: ['created', 1, 1],
  read: ['value', 1, 1],
  delete: ['deleted', 1, 1],
  token: ['granted', 1, 1],
} as const

const GROUPS: Readonly<Record<keyof Groups, readonly Column[]>> = {
  create: ['createTenant', 'createTenantApplication'],
  read: ['getTenants', 'getTenant', 'getTenantApplications', 'getTenantApplication'],
  delete: ['deleteTenant', 'deleteTenantApplication'],
  token: ['applicationToken', 'organizationToken'],
}

/** A row by groups of operations and by those that differ from their group. Without its group an operation has no cell. */
export function row(fault: string, given: Given, expected: Expectations): Row {
  const cells: Partial<Record<Column, Cell>> = {}
  for (const [group, columns] of Object.entries(GROUPS)) {
    const cell = expected[group as keyof Groups]
    for (const column of columns) {
      const told = cell && column === 'organizationToken' ? mapped(cell, ofOrganization) : cell
      const own = expected[column] ?? told
      if (own) cells[column] = own
    }
  }
  return { fault, given, cells }
}

/** What a cell expects in one mode. */
export function expectedIn(cell: Cell, mode: ModeName): Expected {
  if (!('byKey' in cell)) return cell
  return mode === 'ClientSecret' ? cell.bySecret : cell.byKey
}

/** Faults of the simulator that meet every call. */
export function always(...faults: readonly object[]): Given {
  return { faults: () => faults }
}

/** A fault of the simulator that meets the first call alone. */
export function first(fault: object): Given {
  return always({ ...fault, count: 1 })
}

function mapped(cell: Cell, map: (expected: Expected) => Expected): Cell {
  return 'byKey' in cell ? { byKey: map(cell.byKey), bySecret: map(cell.bySecret) } : map(cell)
}

/** What is told of an application's token, in the words of a create that needs the organization's: without it nothing is sent. */
function ofOrganization([told, ...counts]: Expected): Expected {
  if (told === 'granted') return ['created', ...counts]
  if (told === CREDENTIAL_REJECTED) return [`notSent ${UNAUTHORIZED} +30000`, ...counts]
  // Nobody asks again before that, whether or not the endpoint has said when.
  return [`notSent ${told}${told.includes('+') ? '' : ' +1000'}`, ...counts]
}
