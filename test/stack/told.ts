// Waits for what `kubectl get` shows of a resource of a stack.
import { eventually } from './stack.ts'
import type { Stack } from './stack.ts'

/** Waits until the REASON of a resource is `reason`, and gives the message that comes with it. Fails after `withinMs`. */
export async function told(
  stack: Stack,
  kind: 'tenant' | 'application',
  name: string,
  reason: string,
  withinMs?: number,
): Promise<string> {
  return eventually(
    `${kind} ${name} says ${reason}`,
    async () => {
      const conditions = (await stack[kind](name))?.status.conditions ?? []
      return conditions.find((condition) => condition.type === 'Synced' && condition.reason === reason)?.message
    },
    withinMs,
  )
}
