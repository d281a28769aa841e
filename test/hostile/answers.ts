// Every hostile answer as data: for each operation of the contract, all mutations of a valid answer.
import type { Answer, Family } from './answer.ts'
import { textOf } from './answer.ts'
import { fields, missing } from './field-answers.ts'
import type { Operation } from './operations.ts'
import { OPERATIONS } from './operations.ts'
import { bodies, headers, statuses } from './whole-answers.ts'
import { wiresOf } from './wires.ts'

const MAIN = OPERATIONS.filter(({ isVariant }) => !isVariant)

/** By family, so that a failing test says where. */
export const FAMILIES: Readonly<Record<string, readonly Answer[]>> = {
  'fields of wrong types and extreme values': joined(fields, OPERATIONS),
  'fields that are missing or twice there': joined(missing, OPERATIONS),
  'bodies that are none, too much or something else': joined(bodies, MAIN),
  'content types and headers': joined(headers, MAIN),
  'statuses with plausible bodies': joined(statuses, MAIN),
  'nonsense instead of HTTP': joined(wires, MAIN),
}

export const ANSWERS: readonly Answer[] = Object.values(FAMILIES).flat()

function joined(family: Family, operations: readonly Operation[]): Answer[] {
  return operations.flatMap((operation) =>
    family(operation).map(({ what, must, sent }) => ({ operation, what, must, sent })),
  )
}

function wires(operation: Operation): ReturnType<Family> {
  return wiresOf(operation.status, textOf(operation)).map(({ must, ...wire }) => ({
    what: wire.what,
    must,
    sent: { wire },
  }))
}
