// What the finalizer's presence means, as a table.

/** What to do with a resource, by whether it is being deleted and whether our finalizer is on it. */
export type FinalizerStep = 'hold' | 'keep' | 'finalize' | 'leave'

/**
 * | being deleted | finalizer | step                                                                       |
 * |---------------|-----------|----------------------------------------------------------------------------|
 * | no            | absent    | `hold`: put it on before anything is made outside                          |
 * | no            | present   | `keep`: go on                                                              |
 * | yes           | present   | `finalize`: take down what is outside, then take it off                    |
 * | yes           | absent    | `leave`: nothing of ours is outside; whoever else holds it has work to do  |
 */
export function finalizerStep(deleting: boolean, present: boolean): FinalizerStep {
  if (deleting) return present ? 'finalize' : 'leave'
  return present ? 'keep' : 'hold'
}
