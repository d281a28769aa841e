// Kubernetes' label selectors in their structured form, evaluated here where no API server does it.
import type { RaiTenantSpec } from '../api/generated/raitenant.ts'
import type { DeepReadonly } from '../api/types.ts'

export type Labels = Readonly<Record<string, string>>
export type LabelSelector = DeepReadonly<NonNullable<RaiTenantSpec['allowedNamespaces']['selector']>>

type Requirement = NonNullable<LabelSelector['matchExpressions']>[number]

/** True when every requirement is met; an empty selector selects everything. Source: Kubernetes, "Labels and Selectors". */
export function selects({ matchLabels = {}, matchExpressions = [] }: LabelSelector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => valueOf(labels, key) === value) &&
    matchExpressions.every((requirement) => isMet(requirement, valueOf(labels, requirement.key)))
  )
}

/** A label that is not there has no value: `NotIn` is met by it, too. */
function isMet({ operator, values = [] }: Requirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
  }
}

/** Keys are users' words, and may be those that every object inherits. */
function valueOf(labels: Labels, key: string): string | undefined {
  return Object.hasOwn(labels, key) ? labels[key] : undefined
}
