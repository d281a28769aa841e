// What the API server notes about requests, so that tests can count who wrote what, and see who may do what for nothing.
import { readFile } from 'node:fs/promises'

/** Users in this group have their reads noted as well: those of everybody would be many. */
export const READS_AUDITED = 'reads-audited'

const WRITES = ['create', 'update', 'patch', 'delete', 'deletecollection']

/**
 * Every finished write of everybody but the control plane itself, without its body. The server writes the line before
 * the request is over on its side, which may be a moment after the client has its answer; that of a watch when it ends.
 */
export const AUDIT_POLICY = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted', 'Panic'],
  rules: [
    { level: 'None', users: ['system:apiserver', 'system:kube-controller-manager'] },
    { level: 'Metadata', verbs: WRITES },
    { level: 'Metadata', userGroups: [READS_AUDITED] },
    { level: 'None' },
  ],
}

/** One request as the server saw it. Texts are empty where the request had none (a name in a `deletecollection`). */
export type AuditedRequest = {
  readonly user: string
  readonly userAgent: string
  readonly verb: string
  readonly apiGroup: string
  readonly resource: string
  readonly subresource: string
  readonly namespace: string
  readonly name: string
  /** HTTP status of the answer: refused requests are noted as well. */
  readonly code: number
  /** When the server was done, RFC 3339. */
  readonly at: string
}

type AuditEvent = {
  user: { username: string }
  userAgent?: string
  verb: string
  objectRef?: { apiGroup?: string; resource?: string; subresource?: string; namespace?: string; name?: string }
  responseStatus?: { code?: number }
  stageTimestamp: string
}

/** All writes so far that satisfy `wanted`, oldest first; none before the first one is logged. */
export async function auditedWrites(
  auditLog: string,
  wanted: (write: AuditedRequest) => boolean = () => true,
): Promise<AuditedRequest[]> {
  return auditedRequests(auditLog, (request) => WRITES.includes(request.verb) && wanted(request))
}

/** As {@link auditedWrites}, with the reads of those who are in {@link READS_AUDITED}. */
export async function auditedRequests(
  auditLog: string,
  wanted: (request: AuditedRequest) => boolean,
): Promise<AuditedRequest[]> {
  const text = await readFile(auditLog, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return ''
    throw error
  })
  // What follows the last line break is a line that the server is writing right now.
  const lines = text.split('\n').slice(0, -1)
  return lines.map((line) => asRequest(JSON.parse(line) as AuditEvent)).filter(wanted)
}

function asRequest(event: AuditEvent): AuditedRequest {
  const object = event.objectRef
  return {
    user: event.user.username,
    userAgent: event.userAgent ?? '',
    verb: event.verb,
    apiGroup: object?.apiGroup ?? '',
    resource: object?.resource ?? '',
    subresource: object?.subresource ?? '',
    namespace: object?.namespace ?? '',
    name: object?.name ?? '',
    code: event.responseStatus?.code ?? 0,
    at: event.stageTimestamp,
  }
}
