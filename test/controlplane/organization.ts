// A client of the control plane as tests want it: eager, counted, with a credential of their choice.
import { CALL_CLASSES } from '../../src/controlplane/call-class.ts'
import type { CallClass } from '../../src/controlplane/call-class.ts'
import type { ControlPlane, ControlPlaneOptions, ManagementCalls } from '../../src/controlplane/control-plane.ts'
import { createControlPlane } from '../../src/controlplane/control-plane.ts'
import { TOKEN_CLASS } from '../../src/controlplane/prover.ts'
import { Budget } from '../../src/engine/budget.ts'
import { OPEN } from '../../src/engine/gate.ts'
import { Redacted } from '../../src/redacted.ts'
import { RecordedLog } from '../doubles/recorded-log.ts'
import { EagerClock, RecordedCalls } from './recorded-calls.ts'

/** Fills the bucket so that no test waits for it. */
const PLENTY = { perSecond: 1_000_000, burst: 1_000_000, random: () => 0 }

export type Organization = {
  /** With its calls as one class makes them. */
  readonly plane: ControlPlane & ManagementCalls
  readonly clock: EagerClock
  readonly metrics: RecordedCalls
  readonly log: RecordedLog
  readonly budget: Budget<CallClass>
  readonly tokenBudget: Budget<typeof TOKEN_CLASS>
}

/** Of the options only the addresses are required; the credential is a secret then, `org` and `s3cr3t`. */
export function openOrganization(
  options: Pick<ControlPlaneOptions, 'baseUrl' | 'tokenUrl'> &
    Partial<Omit<ControlPlaneOptions, 'clock'>> & { readonly clock?: EagerClock },
): Organization {
  const { clock = new EagerClock() } = options
  const metrics = new RecordedCalls()
  const log = new RecordedLog()
  const budget = new Budget({ ...PLENTY, classes: CALL_CLASSES, clock })
  const tokenBudget = new Budget({ ...PLENTY, classes: [TOKEN_CLASS], clock })
  const proof = { type: 'ClientSecret', clientSecret: new Redacted('s3cr3t') } as const
  const credential = { clientId: 'org', proof }
  const plane = createControlPlane({
    credentials: { read: () => credential },
    tokenHosts: ['127.0.0.1'],
    pageLimit: 100,
    random: () => 1,
    metrics,
    logger: log,
    budget,
    tokenBudget,
    gate: OPEN,
    ...options,
    clock,
  })
  return { plane: { ...plane, ...plane.as('creates') }, clock, metrics, log, budget, tokenBudget }
}
