// The protocol with one rule taken away at a time: each of these must be noticed.

export type Mutation = {
  /** The rule that is missing, as a sentence. */
  readonly without: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly from: string
  readonly to: string
  /** Who notices. */
  readonly caughtBy: string
}

const ATTEMPTS = 'file test/sim/attempts.test.ts'

export const MUTATIONS: readonly Mutation[] = [
  {
    without: 'a journal’s name is never used twice',
    file: 'src/controllers/journals.ts',
    from: 'encodeJournal(journalName(asked.subject.uid, unique()), attempt)',
    to: "encodeJournal(journalName(asked.subject.uid, 'x'), attempt)",
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a journal is changed by compare-and-swap alone',
    file: 'src/kube/records.ts',
    from: 'this.#bodyOf(record, { uid, resourceVersion })',
    to: 'this.#bodyOf(record, { uid })',
    caughtBy: 'freeze ClientSecret',
  },
  {
    without: 'no POST without a lease to spare',
    file: 'src/controlplane/management-api.ts',
    from: 'this.#options.gate.check(FENCE_MS)',
    to: 'void FENCE_MS',
    caughtBy: 'freeze EC',
  },
  {
    without: 'every write to the cluster passes the gate',
    file: 'src/kube/gated-transport.ts',
    from: "if (method !== 'GET') gate.check()",
    to: 'void gate',
    caughtBy: 'freeze EC',
  },
  {
    without: 'the answer is written down without the lease, too',
    file: 'src/controllers/journals.ts',
    from: 'this.#options.lastingRecords.swap(',
    to: 'this.#options.records.swap(',
    caughtBy: 'freeze ClientSecret',
  },
  {
    without: 'an answer that comes after its attempt was given up is recorded as surplus',
    file: 'src/controllers/journals.ts',
    from: "if (state !== 'open' && state !== 'abandoned') return undefined",
    to: "if (state !== 'open') return undefined",
    caughtBy: 'freeze ClientSecret',
  },
  {
    without: 'recovery serves a resource whatever it is bound to',
    file: 'src/controllers/applications.ts',
    from: 'options.journalView.hasUnfinished(cached.metadata.uid)',
    to: 'options.journalView.hasUnfinished(cached.metadata.uid) && cached.status.applicationId === undefined',
    caughtBy: 'crash EC',
  },
  {
    without: 'only the sweep removes journals',
    file: 'src/controllers/bind-application.ts',
    from: "await options.journals.advance(journal, 'bound', signal)",
    to: 'await options.journals.remove(journal, signal)',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a suspect is not discarded while an attempt in its tenant is under way',
    file: 'src/controllers/discard.ts',
    from: "if (standing.some(({ attempt }) => isUnfinished(attempt.state))) return 'waiting'",
    to: 'void isUnfinished',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a suspect that somebody holds is not discarded',
    file: 'src/controllers/discard.ts',
    from: 'if ((await claims.live(tenantId, signal)).has(id)) return claimedSuspect(id)',
    to: 'void claimedSuspect',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a POST is never repeated',
    file: 'src/controllers/create-application.ts',
    from: 'const posted = await api.create(tenantId, request, signal)',
    to: "const first = await api.create(tenantId, request, signal)\n  const posted = first.outcome === 'ambiguous' ? await api.create(tenantId, request, signal) : first",
    caughtBy: 'crash ClientSecret',
  },
  {
    without: 'an expired intent is no evidence of absence',
    file: 'src/domain/recovery.ts',
    from: 'export const QUARANTINE_MS = 75_000',
    to: 'export const QUARANTINE_MS = 0',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'what is done outside is decided on what is read live',
    file: 'src/controllers/finalize.ts',
    from: 'return await writer.read(cached, signal)',
    to: 'return cached',
    caughtBy: 'event EC',
  },
  {
    without: 'a modulus is an integer of any size',
    file: 'src/controlplane/keys.ts',
    from: 'n: integer(jwk.n)',
    to: 'n: BigInt(Number(integer(jwk.n)))',
    caughtBy: 'crash RSA',
  },
  {
    without: 'one 404 is no proof that something is gone',
    file: 'src/domain/gone.ts',
    from: 'return sinceMs >= SECOND_LOOK_MS',
    to: 'return sinceMs >= 0',
    caughtBy: 'file test/domain/gone.test.ts',
  },
  {
    without: 'credentials are appended to, never overwritten',
    file: 'src/domain/rotation.ts',
    from: 'const others = held.filter(({ applicationId }) => applicationId !== issued.applicationId)',
    to: 'const others = held.slice(held.length)',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'what is bound or deleted on the word of a journal is proven by its key',
    file: 'src/controllers/possession.ts',
    from: 'const proof = proofOf(attempt, application)',
    to: 'const proof = proofOf(attempt, application)\n  if (proof) return true',
    caughtBy: 'crash EC',
  },
  {
    without: 'what is claimed is nobody’s leftover',
    file: 'src/controllers/claims.ts',
    from: 'const suspected = candidatesOf(attempt, listed, cached)',
    to: 'return candidatesOf(attempt, listed, new Set()); const suspected = candidatesOf(attempt, listed, cached)',
    caughtBy: 'crash EC',
  },
  {
    without: 'what cannot be proven is told as suspected',
    file: 'src/domain/recovery.ts',
    from: '[...kept, ...added.map(',
    to: '[...kept, ...added.slice(added.length).map(',
    caughtBy: 'crash ClientSecret',
  },
  {
    without: 'a resource that goes first recovers its attempts',
    file: 'src/controllers/finalize-application.ts',
    from: 'const recovered = await options.recovery.step(application, signal)',
    to: "const recovered = { step: 'clear' } as Awaited<ReturnType<typeof options.recovery.step>>",
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a lost POST is looked for until a day has passed',
    file: 'src/domain/recovery.ts',
    from: 'swept.passes >= SWEEPS_MS.length',
    to: 'swept.passes >= 1',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a proof without a definite answer counts for nothing',
    file: 'src/controllers/possession.ts',
    from: "if (isFailure(error, 'CredentialRejected')) return false\n    throw error",
    to: "if (isFailure(error, 'CredentialRejected')) return false\n    return false",
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a tenant counts as made by us only within its attempt',
    file: 'src/domain/recovery.ts',
    from: "return afterMs >= -SKEW_MS && afterMs <= POST_MS + SKEW_MS ? 'Created' : 'Relinked'",
    to: "return afterMs > -Infinity ? 'Created' : 'Relinked'",
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a tenant has a record that outlives its status',
    file: 'src/controllers/tenants.ts',
    from: 'await options.bindingRecords.write(tenant, external, { organization, provenance, former }, signal)',
    to: 'void organization',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a tenant is taken over only where the operator allows it',
    file: 'src/controllers/adopt-tenant.ts',
    from: 'if (!mayAdopt(tenant, options.allowAdoption)) return adoptionNotPermitted(tenant)',
    to: 'void adoptionNotPermitted',
    caughtBy: 'file test/controllers/adopt-tenant.test.ts',
  },
  {
    without: 'an application is taken over only when its credential has obtained a token',
    file: 'src/controllers/link-application.ts',
    from: 'await prover.prove(credential, tokenUrl, external.scopes, signal)',
    to: 'void credential',
    caughtBy: 'file test/controllers/adopt-application.test.ts',
  },
  {
    without: 'an application that somebody claims is never drained',
    file: 'src/controllers/drain-tenant.ts',
    from: 'const held = ids.filter((id) => claimed.has(id))',
    to: 'const held = ids.filter((id) => claimed.has(id) && id === undefined)',
    caughtBy: 'file test/controllers/drain.test.ts',
  },
  {
    without: 'nothing is drained while an attempt may have made it',
    file: 'src/controllers/drain-tenant.ts',
    from: 'if (await isUnsettled(tenantId, signal)) return draining(tenant, UNSETTLED_MS)',
    to: 'void isUnsettled',
    caughtBy: 'file test/controllers/drain.test.ts',
  },
  {
    without: 'two unresolved answers hold even Replace',
    file: 'src/domain/application.ts',
    from: 'unresolved <= most) return undefined',
    to: 'unresolved <= most + 9) return undefined',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'only the operator’s own writing in a status counts',
    file: 'src/controllers/seals.ts',
    from: 'return seal === undefined || seal === resource.status.seal',
    to: 'return seal === undefined || seal !== undefined',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'what was relinked is not deleted unconfirmed',
    file: 'src/domain/tenant.ts',
    from: "if (provenance === 'Relinked') return 'Retain'",
    to: '',
    caughtBy: ATTEMPTS,
  },
  {
    without: 'a 408 of a proxy says nothing of what was made',
    file: 'src/controlplane/creates.ts',
    from: 'new Set([400, 401,',
    to: 'new Set([408, 400, 401,',
    caughtBy: 'file test/controlplane/creates.test.ts',
  },
  {
    without: 'a lease is not taken before it has expired',
    file: 'src/engine/leader.ts',
    from: 'return lease.durationMs ?? leaseDurationMs',
    to: 'return (lease.durationMs ?? leaseDurationMs) / 2',
    caughtBy: 'file test/engine/leader.test.ts',
  },
  {
    without: 'what was replaced works for its overlap',
    file: 'src/domain/rotation.ts',
    from: 'timestamp(Math.ceil((now + overlapMsOf(application, defaultOverlapMs)) / 1_000) * 1_000)',
    to: 'timestamp(now)',
    caughtBy: 'day rotate EC',
  },
  {
    without: 'what stands in a Secret is kept with it',
    file: 'src/controllers/finalize-application.ts',
    from: 'if ((await isHandedOver(application, id, signal)) && (await isKept(application, signal))) {',
    to: 'if ((await isHandedOver(application, id, signal)) && !(await isKept(application, signal))) {',
    caughtBy: 'day retain-midway EC',
  },
  {
    without: 'Ready does not speak of a credential that is lost while another answer is looked for',
    file: 'src/controllers/keep-secret.ts',
    from: '{ ...AWAITS_RECOVERY, unproven: !stands }',
    to: '{ ...AWAITS_RECOVERY, unproven: false && stands }',
    caughtBy: 'day secret-deleted-midway ClientSecret',
  },
]
