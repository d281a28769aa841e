// Where Secrets are watched: whether somebody has changed one, in whatever order it and the status that names it are heard of.
import type { RaiTenantApplication } from '../api/types.ts'
import { isAsWritten } from '../domain/secret.ts'
import type { SecretVersion } from '../domain/secret.ts'
import type { ResourceKey, ResourceView } from './ports.ts'

export type SecretDriftOptions = {
  readonly view: Pick<ResourceView<RaiTenantApplication>, 'get'>
  /** True when a watched Secret has become something else since it had this version, or has gone. */
  readonly hasPassed: (secret: { readonly namespace: string; readonly name: string }, version: string) => boolean
  /** To be compared with what is there. */
  readonly changed: (application: ResourceKey) => void
}

/** Handlers of what the two watches tell. */
export function secretDrift({ view, hasPassed, changed }: SecretDriftOptions) {
  /** A Secret of this application has changed, or has gone. What no status names yet is on its way to be written there. */
  function secretChanged(key: ResourceKey, version: SecretVersion | undefined): void {
    const application = view.get(key)
    if (application?.status.secret === undefined) return
    if (!version || !isAsWritten(application, version)) changed(key)
  }

  /** … and what was changed before its status named it has been told already, when that meant nothing. */
  function applicationChanged(
    key: ResourceKey,
    before: RaiTenantApplication | undefined,
    after: RaiTenantApplication | undefined,
  ): void {
    const secret = after?.status.secret
    if (!before || !secret || before.status.secret?.resourceVersion === secret.resourceVersion) return
    const { namespace } = after.metadata
    if (hasPassed({ namespace, name: secret.name }, secret.resourceVersion)) changed(key)
  }

  return { secretChanged, applicationChanged }
}
