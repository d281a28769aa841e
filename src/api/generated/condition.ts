// Generated from crds/* by .ci/generate.ts: change it there.

/**
 * One aspect of the state of this object.
 */
export interface Condition {
  /**
   * What it is about, `Ready`, `Synced`, `Reconciling` or `Stalled`.
   */
  type: string
  /**
   * Whether it is so, `True`, `False` or `Unknown`.
   */
  status: 'True' | 'False' | 'Unknown'
  /**
   * Why, in one word that stays the same from release to release.
   */
  reason: string
  /**
   * Why, for people, with what to do about it.
   */
  message: string
  /**
   * The generation of the spec that it is about.
   */
  observedGeneration?: number
  /**
   * Since when the status is what it is.
   */
  lastTransitionTime: string
}
