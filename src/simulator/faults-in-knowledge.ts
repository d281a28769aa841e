// Faults in how soon the rest of the world knows what a call has done. They meet only calls that do such a thing.
import { defineKind, SECONDS } from './fault-kind.ts'

export const LATE_VISIBILITY = defineKind<{ readonly seconds: number; readonly single?: boolean }>({
  about: 'what this create makes is missing from lists for so long, and with single it cannot be read by itself either',
  properties: { seconds: SECONDS, single: { type: 'boolean' } },
  required: ['seconds'],
  ops: ['createTenant', 'createTenantApplication'],
  async act({ seconds, single = false }, exchange, proceed) {
    const unlistedMs = seconds * 1000
    exchange.lag({ unlistedMs, ...(single && { unreadableMs: unlistedMs }) })
    await proceed(exchange)
  },
})

export const LATE_ACCEPTANCE = defineKind<{ readonly seconds: number }>({
  about: 'the token endpoint refuses the application that this create makes for so long (401 invalid_client)',
  properties: { seconds: SECONDS },
  required: ['seconds'],
  ops: ['createTenantApplication'],
  async act({ seconds }, exchange, proceed) {
    exchange.lag({ refusedMs: seconds * 1000 })
    await proceed(exchange)
  },
})

export const SHORT_TOKENS = defineKind<{ readonly seconds: number }>({
  about: 'the token that this call issues stops working after so long, whatever its expires_in says',
  properties: { seconds: SECONDS },
  required: ['seconds'],
  ops: ['organizationToken', 'applicationToken'],
  async act({ seconds }, exchange, proceed) {
    exchange.lag({ tokenLifeMs: seconds * 1000 })
    await proceed(exchange)
  },
})
