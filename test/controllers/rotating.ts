// What tests of rotation, healing and moving have in common: an application that works, and what people change about it.
import * as assert from 'uvu/assert'
import type { RaiTenantApplication } from '../../src/api/types.ts'
import type { applicationOf } from '../doubles/resources.ts'
import { withAttempt } from './scenarios.ts'
import type { Mode } from './scenarios.ts'

type Parts = NonNullable<Parameters<typeof applicationOf>[0]>

/** A Ready application whose credential was just made. */
export async function withApplication(parts: Parts = {}, mode: Mode = 'EC') {
  const attempt = await withAttempt(mode, undefined, parts)
  const { application, applications, applicationNow, secrets, status } = attempt
  assert.is(attempt.applicationReason(application), 'Ready')

  const now = () => applicationNow(application)!
  return {
    ...attempt,
    now,
    first: status().applicationId!,
    reason: () => attempt.applicationReason(application),
    isReady: () => status().conditions!.find(({ type }) => type === 'Ready')!.status,
    secret: (name = 'web') => secrets.held.get(`team/${name}`),
    written: (name = 'web') => secrets.held.get(`team/${name}`)?.data['application_id']?.reveal(),
    credentials: () => status().credentials!.map(({ applicationId, state }) => `${applicationId} ${state}`),
    annotate: (annotations: Readonly<Record<string, string>>) =>
      void applications.apply({ ...now(), metadata: { ...now().metadata, annotations } }),
    change: (spec: Partial<RaiTenantApplication['spec']>) => {
      const { metadata } = now()
      applications.apply({
        ...now(),
        metadata: { ...metadata, generation: metadata.generation + 1 },
        spec: { ...now().spec, ...spec },
      })
    },
  }
}

export const ROTATE = 'tenants.resistant.ai/rotate'
