// What an adapter that must fail fails with.
import { Failure } from '../../src/errors.ts'

/** The failure with which `promise` rejects. Throws when it does not, or with anything that is no {@link Failure}. */
export async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (error instanceof Failure) return error
  throw new Error('no failure', { cause: error })
}
