// Several operators of one stack: which of them leads.
import type { Flags, Operator } from './operator.ts'
import { untilLogged } from './program.ts'
import type { Stack } from './stack.ts'
import { eventually } from './stack.ts'

const LEADING = 'leader_election_master_status'

/** 1 for the one that works, 0 for one that stands by, by its own account. */
export async function leadership(operator: Operator): Promise<number> {
  const [value] = (await operator.metrics(LEADING)).values()
  return value ?? NaN
}

/** The one of `operators` that leads, and those that do not, once exactly one does. */
export async function leaderAmong(
  operators: readonly Operator[],
): Promise<{ readonly leader: Operator; readonly standbys: readonly Operator[] }> {
  return eventually('one of the replicas leads', async () => {
    const status = await Promise.all(operators.map(leadership))
    const leaders = operators.filter((_, index) => status[index] === 1)
    const [leader] = leaders
    return leader && leaders.length === 1 && { leader, standbys: operators.filter((operator) => operator !== leader) }
  })
}

/** Starts another replica, and waits until it has seen who holds the Lease. */
export async function startStandby(stack: Stack, name: string, flags: Flags = {}): Promise<Operator> {
  const operator = await stack.startOperator(name, { flags })
  await untilLogged(operator, /"msg":"stands by"/)
  return operator
}
