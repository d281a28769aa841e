// An overview as a tree: tenants, below them applications, below those Secrets and credentials.
import { isReason, REASON_CLASS } from '../api/reasons.ts'
import type { ReasonClass } from '../api/reasons.ts'
import type { ApplicationStanding, Overview, Standing, TenantStanding, UnknownTenant } from './overview.ts'
import { since, until } from './span.ts'
import type { Branch, Cell, Tone } from './table.ts'
import { tree } from './table.ts'

export type OverviewStyle = {
  /** Whether resources of several namespaces are in it, so that each says in which it is. */
  readonly hasNamespaces: boolean
  readonly isColoured: boolean
  /** In milliseconds since the epoch: for ages. */
  readonly now: number
}

/** Empty where there is nothing to tell of. */
export function overviewText({ tenants, unknownTenants }: Overview, style: OverviewStyle): string {
  if (tenants.length + unknownTenants.length === 0) return ''
  const heading = [...(style.hasNamespaces ? ['NAMESPACE'] : []), 'NAME', 'READY', 'REASON', 'AGE', 'DETAIL']
  const roots = [
    ...tenants.map((tenant) => tenantBranch(tenant, style)),
    ...unknownTenants.map((tenant) => unknownBranch(tenant, style)),
  ]
  return tree(heading, roots, style.isColoured)
}

function tenantBranch(tenant: TenantStanding, style: OverviewStyle): Branch {
  const { namespace, name, tenantId, cells, applications, applicationsElsewhere, unmanagedApplications } = tenant
  const details = [
    ...(tenantId === undefined ? [] : [`id ${tenantId}`]),
    `cells ${cells.join(', ')}`,
    ...origin(tenant),
  ]
  const others = [
    ...(applicationsElsewhere === 0 ? [] : [`${counted(applicationsElsewhere)} in namespaces not read here (-A)`]),
    ...(unmanagedApplications === 0 ? [] : [`${counted(unmanagedApplications)} that no resource stands for`]),
  ]
  return {
    ...branch(style, namespace, [`raitenant/${name}`, ...standing(tenant, style.now), details.join(', ')]),
    notes: [...notesOn(tenant, style.now), ...others.map((text) => `and ${text}`)],
    children: applications.map((one) => applicationBranch(one, style)),
  }
}

function unknownBranch({ namespace, name, isMissing, applications }: UnknownTenant, style: OverviewStyle): Branch {
  const why = isMissing ? 'there is no such RaiTenant' : `in namespace ${namespace}, which was not read`
  return {
    ...branch(style, namespace, [`raitenant/${name}`, '-', '-', '', { text: why, tone: isMissing ? 'bad' : 'faint' }]),
    children: applications.map((one) => applicationBranch(one, style)),
  }
}

function applicationBranch(application: ApplicationStanding, style: OverviewStyle): Branch {
  const { namespace, name, cell, auth, secrets, credentials, suspects, nextRotationAt } = application
  const rotation = nextRotationAt === undefined ? [] : [`replaced ${until(nextRotationAt, style.now)}`]
  return {
    ...branch(style, namespace, [
      `raiapp/${name}`,
      ...standing(application, style.now),
      [cell, auth, ...origin(application)].join(', '),
    ]),
    notes: notesOn(application, style.now),
    children: [
      ...secrets.map((secret, index) =>
        leaf(`secret/${secret}`, '', '', index === 0 ? '' : 'a copy, until the move is over'),
      ),
      ...credentials.map(({ applicationId, clientId, state, issuedAt, retireAt }) =>
        leaf(
          `credential/${applicationId}`,
          { text: state, tone: state === 'Active' ? 'good' : 'faint' },
          since(issuedAt, style.now),
          [
            `client id ${clientId}`,
            ...(state === 'Active' ? rotation : []),
            ...(retireAt === undefined ? [] : [`deleted ${until(retireAt, style.now)}`]),
          ].join(', '),
        ),
      ),
      ...suspects.map(({ applicationId, firstSeenAt }) =>
        leaf(
          `suspect/${applicationId}`,
          { text: 'Suspect', tone: 'pending' },
          since(firstSeenAt, style.now),
          'may be left from a lost answer: see docs/reasons.md, AmbiguousCreate',
        ),
      ),
    ],
  }
}

function branch({ hasNamespaces }: OverviewStyle, namespace: string, cells: Branch['cells']): Branch {
  return { ...(hasNamespaces && { before: [namespace] }), cells }
}

function leaf(name: string, reason: Cell, age: string, detail: string): Branch {
  return { cells: [name, '', reason, age, detail] }
}

function standing({ ready, reason, createdAt }: Standing, now: number): Cell[] {
  const tone = ready === 'True' ? 'good' : ready === 'False' ? 'bad' : 'pending'
  return [{ text: ready ?? '-', tone }, { text: reason ?? '-', tone: toneOf(reason) }, since(createdAt, now)]
}

const TONES: Readonly<Record<ReasonClass, Tone>> = {
  done: 'good',
  working: 'pending',
  person: 'bad',
  neither: 'pending',
}

function toneOf(reason: string | undefined): Tone {
  return reason !== undefined && isReason(reason) ? TONES[REASON_CLASS[reason]] : 'pending'
}

function notesOn({ ready, message, deletingSince, isBehind }: Standing, now: number): string[] {
  if (ready === undefined) return ['no operator has looked at it yet: one has to run that watches this namespace']
  return [
    ...(deletingSince === undefined ? [] : [`being deleted for ${since(deletingSince, now)}`]),
    ...(message === undefined ? [] : [message]),
    ...(isBehind ? ['its spec has changed, and no operator has looked at it since'] : []),
  ]
}

/** Only what is out of the ordinary: how it came to its resource where that was not by a create. */
function origin({ provenance }: { readonly provenance?: string }): string[] {
  return provenance === undefined || provenance === 'Created' ? [] : [provenance]
}

function counted(applications: number): string {
  return applications === 1 ? '1 application' : `${applications} applications`
}
