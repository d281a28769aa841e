// What can go wrong, by name. New kinds are added here.
import { refusal } from './answers.ts'
import { CLOSE, CUT, INVALID, OVERSIZED, REDIRECT, STATUS } from './faults-in-answers.ts'
import { DELAY, LATE, STALL, TWICE } from './faults-in-effects.ts'
import { LATE_ACCEPTANCE, LATE_VISIBILITY, SHORT_TOKENS } from './faults-in-knowledge.ts'
import type { BoundFault, FaultKind } from './fault-kind.ts'

const FAULT_KINDS: Readonly<Record<string, FaultKind>> = {
  status: STATUS,
  redirect: REDIRECT,
  invalid: INVALID,
  oversized: OVERSIZED,
  cut: CUT,
  close: CLOSE,
  stall: STALL,
  delay: DELAY,
  late: LATE,
  twice: TWICE,
  lateVisibility: LATE_VISIBILITY,
  lateAcceptance: LATE_ACCEPTANCE,
  shortTokens: SHORT_TOKENS,
}

/** Understands a request for a fault, by its `kind`. Throws a refusal (400) that says what is wrong with it. */
export function bindFault(request: unknown): BoundFault {
  const name = typeof request === 'object' && request && 'kind' in request ? String(request.kind) : ''
  const kind = Object.hasOwn(FAULT_KINDS, name) ? FAULT_KINDS[name] : undefined
  if (!kind) throw refusal(400, `kind must be one of ${Object.keys(FAULT_KINDS).join(', ')}`)
  return kind.bind(request)
}

/** One line for each kind: its name, what it takes, what it does. */
export function describeFaultKinds(): string[] {
  return Object.entries(FAULT_KINDS).map(([name, { takes, about }]) => `${name} {${takes.join(', ')}}: ${about}`)
}
