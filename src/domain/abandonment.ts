// What is written down of a resource that is let go although something outside still stands for it.
import { ABANDONED_ANNOTATION, RECORD_LABELS } from '../api/names.ts'
import type { RaiTenant, RaiTenantApplication } from '../api/types.ts'
import { timestamp } from '../clock.ts'
import type { Journal, RecordContent, UnreadableJournal } from './journal.ts'
import { isText, isTexts, objectIn } from './parsing.ts'
import { heldIds } from './recovery.ts'

/** A Secret of the resource, and whether it outlives it; one that could not be written goes with its owner. */
export type LeftSecret = { readonly name: string; readonly kept: boolean }

/** All that is known of what is left outside. Never a secret. */
export type Abandoned = {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /** As a timestamp, by the operator's clock. */
  readonly abandonedAt: string
  /** False: somebody else wrote the ids into the status, so they are what that claims, and no more. */
  readonly genuine: boolean
  readonly organization: string | undefined
  readonly tenantId: string | undefined
  /** What the status holds, and what answers say that nobody was handed yet. */
  readonly applicationIds: readonly string[]
  readonly suspects: readonly string[]
  readonly secrets: readonly LeftSecret[]
  /** Names of journals of which nobody knows what came, or that cannot be read. */
  readonly journals: readonly string[]
}

export type AbandonmentFacts = {
  readonly genuine: boolean
  readonly secrets: readonly LeftSecret[]
  readonly journals: readonly Journal[]
  readonly unreadable: readonly UnreadableJournal[]
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** What is to be remembered of a resource before it goes. */
export function abandonedOf(resource: RaiTenant | RaiTenantApplication, facts: AbandonmentFacts): Abandoned {
  const { kind, metadata, status } = resource
  const answered = facts.journals.filter(({ attempt }) => attempt.state === 'answered')
  const open = facts.journals.filter(({ attempt }) => attempt.state === 'open')
  const held = resource.kind === 'RaiTenantApplication' ? heldIds(resource) : []
  const suspects = 'suspects' in status ? (status.suspects ?? []) : []
  return {
    kind,
    namespace: metadata.namespace,
    name: metadata.name,
    uid: metadata.uid,
    abandonedAt: timestamp(facts.now),
    genuine: facts.genuine,
    organization: status.organization ?? answered[0]?.attempt.organization,
    tenantId: status.tenantId ?? answered.map(tenantIn)[0],
    applicationIds: [...new Set([...held, ...answered.flatMap(applicationIn)])],
    suspects: suspects.map(({ applicationId }) => applicationId),
    secrets: facts.secrets,
    journals: [...open, ...facts.unreadable].map(({ stored }) => stored.name).sort(),
  }
}

function tenantIn({ attempt }: Journal): string | undefined {
  return attempt.type === 'tenant' ? attempt.answer?.id : attempt.tenantId
}

function applicationIn({ attempt }: Journal): string[] {
  return attempt.type === 'application' && attempt.answer ? [attempt.answer.application.id] : []
}

/** The name of the record: one for each resource. */
export function abandonedName(uid: string): string {
  return `abandoned-${uid}`
}

export function encodeAbandoned(abandoned: Abandoned): RecordContent {
  return {
    name: abandonedName(abandoned.uid),
    labels: { [RECORD_LABELS.record]: 'abandoned' },
    annotations: { [ABANDONED_ANNOTATION]: JSON.stringify(abandoned) },
    data: {},
  }
}

/**
 * The same with what an earlier pass wrote down that did not come to its end: since then ids may have left the status, and
 * none that was told is forgotten. A record that cannot be read adds nothing.
 */
export function withEarlier(abandoned: Abandoned, { annotations }: RecordContent): Abandoned {
  const earlier = objectIn(annotations[ABANDONED_ANNOTATION]) ?? {}
  const both = (name: 'applicationIds' | 'suspects' | 'journals') => {
    const before = earlier[name]
    return [...new Set([...(isTexts(before) ? before : []), ...abandoned[name]])]
  }
  const text = (name: 'organization' | 'tenantId' | 'abandonedAt') => {
    const before = earlier[name]
    return isText(before) ? before : undefined
  }
  return {
    ...abandoned,
    abandonedAt: text('abandonedAt') ?? abandoned.abandonedAt,
    genuine: abandoned.genuine && earlier['genuine'] !== false,
    organization: abandoned.organization ?? text('organization'),
    tenantId: abandoned.tenantId ?? text('tenantId'),
    applicationIds: both('applicationIds'),
    suspects: both('suspects'),
    journals: both('journals'),
  }
}

/** True when two records of one resource say the same. */
export function isSameRecord(one: RecordContent, other: RecordContent): boolean {
  return one.annotations[ABANDONED_ANNOTATION] === other.annotations[ABANDONED_ANNOTATION]
}

/** What the Event says: whom to look for outside, and where that is remembered. */
export function abandonedNote({ uid, tenantId, applicationIds, suspects }: Abandoned): string {
  const ids = [...applicationIds, ...suspects]
  const tenant = tenantId === undefined ? undefined : `tenant ${tenantId}`
  const applications = ids.length === 0 ? undefined : `applications ${ids.join(', ')}`
  const left = [tenant, applications].filter((part) => part !== undefined).join(', ')
  return `let go, and nothing outside deleted: ${left || 'nothing is known to be there'}; remembered in the Secret ${abandonedName(uid)} in the operator's namespace`
}
