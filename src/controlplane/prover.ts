// Tries the credentials of applications at their token endpoints.
import type { Clock } from '../clock.ts'
import type { CredentialProver } from '../controllers/ports.ts'
import type { Budget } from '../engine/budget.ts'
import { Failure } from '../errors.ts'
import { rateLimited } from './failures.ts'
import type { Http } from './http-client.ts'
import { permit } from './permit.ts'
import { mayReceiveCredential } from './token-hosts.ts'
import { requestToken } from './token-request.ts'

/** Token requests are not told apart. */
export const TOKEN_CLASS = 'tokens'

export type ProverOptions = {
  readonly http: Http
  /** Host names, or patterns whose `*` is exactly one label. */
  readonly tokenHosts: readonly string[]
  readonly budget: Budget<typeof TOKEN_CLASS>
  readonly clock: Clock
}

export function credentialProver({ http, tokenHosts, budget, clock }: ProverOptions): CredentialProver {
  return {
    mayReceiveCredential: (tokenUrl) => mayReceiveCredential(tokenUrl, tokenHosts),

    async prove(credential, tokenUrl, scopes, signal) {
      if (!mayReceiveCredential(tokenUrl, tokenHosts)) {
        throw new Failure(
          'Rejected',
          'stall',
          "the application's token URL is not on a host that may receive credentials: see the setting token-hosts",
        )
      }
      const server = `the token endpoint ${new URL(tokenUrl).host}`
      await permit(budget, TOKEN_CLASS, server, signal)
      const ask = { operation: 'applicationToken', credential, tokenUrl, scopes } as const
      const answer = await requestToken(http, ask, clock, signal)
      const client = `client ${credential.clientId}`
      switch (answer.result) {
        case 'granted':
          return
        case 'refused':
          throw new Failure(
            'CredentialRejected',
            'stall',
            `${server} refuses ${client} (${answer.why}): delete the resource and create it again`,
          )
        case 'limited':
          throw rateLimited(server, budget.pause(answer.retryAfterMs))
        case 'unavailable':
          throw new Failure(
            'ControlPlaneUnavailable',
            'retry',
            `${server} gives ${client} no token (${answer.why}): check the network and the proxy`,
            answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs },
          )
      }
    },
  }
}
