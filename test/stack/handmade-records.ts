// Records of the operator as somebody with rights in its namespace may write them by hand.
import { JOURNAL_ANNOTATION, RECORD_LABELS } from '../../src/api/names.ts'
import { encodeJournal } from '../../src/domain/journal-format.ts'
import { journalName } from '../../src/domain/journal.ts'
import type { ApplicationAttempt, RecordContent, Subject } from '../../src/domain/journal.ts'
import { Redacted } from '../../src/redacted.ts'
import type { Stack } from './stack.ts'

const CELL = 'eu-1'

/** Puts a record into the operators' namespace, over what may stand there. */
export async function putRecord(stack: Stack, { name, labels, annotations, data }: RecordContent): Promise<void> {
  const values = Object.entries(data).map(([key, value]) => [key, value.reveal()])
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels, annotations },
    stringData: Object.fromEntries(values) as Record<string, string>,
  }
  await stack.kubectlOfOperator(['apply', '-f', '-'], JSON.stringify(secret))
}

/** A journal about the resource with this UID that says `text`, which may be anything. */
export function journalSaying(uid: string, text: string): RecordContent {
  return {
    name: journalName(uid, 'handmade'),
    labels: { [RECORD_LABELS.record]: 'journal', [RECORD_LABELS.subject]: uid },
    annotations: { [JOURNAL_ANNOTATION]: text },
    data: {},
  }
}

/** An application that exists, whoever made it. */
export type Claimed = { readonly id: string; readonly clientId: string; readonly tokenUrl: string }

/** A whole journal of an attempt that never was: its answer is an application that somebody else made, with a made-up secret. */
export function handmadeJournal(
  asked: Pick<ApplicationAttempt, 'organization' | 'tenantId' | 'scopes'>,
  subject: Pick<Subject, 'namespace' | 'name' | 'uid'>,
  state: 'answered' | 'surplus',
  { id, clientId, tokenUrl }: Claimed,
): RecordContent {
  const longAgo = Date.now() - 200_000
  const { scopes } = asked
  return encodeJournal(journalName(subject.uid, 'handmade'), {
    ...asked,
    type: 'application',
    state,
    holder: 'nobody',
    passes: 0,
    openedAt: longAgo,
    ...(state === 'surplus' && { endedAt: longAgo }),
    subject: { kind: 'RaiTenantApplication', ...subject },
    cell: CELL,
    proof: { type: 'ClientSecret' },
    before: [],
    answer: {
      application: { id, clientId, authServer: 'any', cell: CELL, scopes, tokenUrl },
      clientSecret: new Redacted('made up'),
    },
  })
}
