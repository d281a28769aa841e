// A call of a simulated process to the outside, before it has taken effect: the moment at which everything can go wrong.

/** `kube` and `plane` change or read the cluster and the organization; `token` asks a token endpoint. */
export type CallKind = 'kube' | 'plane' | 'token'

export type Call = {
  /** Counts the calls of a world. */
  readonly index: number
  readonly process: string
  /** The same when a call is taken up again. */
  readonly origin: number
  readonly kind: CallKind
  /** What is asked, without anything that differs from run to run. */
  readonly label: string
  /** Whether it may change anything. */
  readonly isMutation: boolean
  /** Lets it pass the fence now; {@link perform} does so otherwise. Only a POST outside has one. */
  pass(): void
  /** Carries it out, and keeps the outcome for {@link deliver}. */
  perform(): Promise<void>
  /** Hands over the outcome; or, as when the connection breaks, no answer. */
  deliver(): void
  lose(): void
}

/**
 * What happens to one call. `late`: it is carried out that much later, and its caller hears nothing; `slow`: it is on its
 * way for that long.
 */
export type Fate =
  | { readonly fate: 'pass' }
  /** The process dies before or after the effect. */
  | { readonly fate: 'crash-before' | 'crash-after' }
  /** The effect, or nothing, and no answer. */
  | { readonly fate: 'lose' | 'refuse' }
  | { readonly fate: 'late' | 'slow'; readonly afterMs: number }
  /** The effect happens twice; the first answer counts. */
  | { readonly fate: 'twice' }
  /** The process stands still for so long: before all, after the fence and before the effect, or before the answer. */
  | { readonly fate: 'freeze-before' | 'freeze-sent' | 'freeze-after'; readonly forMs: number }

export const PASS: Fate = { fate: 'pass' }
