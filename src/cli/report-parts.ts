// What of each kind of object goes into a report: named field by field, so that nothing comes along that nobody thought of.
import { GROUP, RECORD_LABELS } from '../api/names.ts'
import type { Definition, ExpectedDefinition } from './definitions.ts'
import { expectedOf, problemOf } from './definitions.ts'
import type { KubeObject } from './ports.ts'

/** Of our own kinds everything, which holds no secret; but what tools keep for themselves. */
export function resourceIn({ metadata, spec, status }: KubeObject): object {
  const { name, namespace, uid, generation, resourceVersion, creationTimestamp, deletionTimestamp, labels } = metadata
  const finalizers = metadata['finalizers' as keyof typeof metadata]
  return given({
    metadata: given({
      namespace,
      name,
      uid,
      generation,
      resourceVersion,
      creationTimestamp,
      deletionTimestamp,
      labels,
      finalizers,
      annotations: own(metadata.annotations),
    }),
    spec,
    status,
  })
}

/** Whether it is the one that goes with this program: a schema alone is of little use. */
export function definitionIn(name: string, found: Definition | undefined, expected: ExpectedDefinition): object {
  return given({ name, fingerprint: found && expectedOf(found).fingerprint, problem: problemOf(found, expected) })
}

export function eventIn(event: KubeObject): object {
  const { type, reason, action, note, eventTime, series, reportingController, reportingInstance } = event
  const { kind, name } = (event['regarding'] ?? {}) as { readonly kind?: string; readonly name?: string }
  return given({
    namespace: event.metadata.namespace,
    regarding: `${kind}/${name}`,
    type,
    reason,
    action,
    note,
    eventTime,
    series,
    reportingController,
    reportingInstance,
  })
}

/** Of a Secret what its metadata tells: `keys` are known from who wrote which fields, never from the data. */
export function secretIn({ metadata }: KubeObject): object {
  const { namespace, name, uid, resourceVersion, creationTimestamp, deletionTimestamp, ownerReferences = [] } = metadata
  const controller = ownerReferences.find((owner) => owner.controller)
  return given({
    namespace,
    name,
    uid,
    resourceVersion,
    creationTimestamp,
    deletionTimestamp,
    controller: controller && `${controller.kind}/${controller.name}`,
    annotations: own(metadata.annotations),
    keys: keysIn(metadata),
  })
}

function keysIn({ managedFields = [] }: KubeObject['metadata']): string[] {
  const data = managedFields.flatMap(({ fieldsV1 = {} }) => Object.keys(fieldsV1['f:data'] ?? {}))
  return [...new Set(data.filter((key) => key.startsWith('f:')).map((key) => key.slice('f:'.length)))].toSorted()
}

/** A journal, a binding record, or what was let go. */
export function recordIn({ metadata }: KubeObject): object {
  const { name, creationTimestamp, labels = {} } = metadata
  const told = Object.entries(RECORD_LABELS).flatMap(([field, label]) =>
    labels[label] === undefined ? [] : [[field, labels[label]]],
  )
  return { name, creationTimestamp, ...Object.fromEntries(told) }
}

type Container = {
  readonly name: string
  readonly image?: string
  readonly args?: readonly string[]
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
  readonly resources?: object
}

/** Whether a name, as a flag or a variable has it, is that of a setting. */
export type IsSetting = (name: string) => boolean

export function deploymentIn({ metadata, spec, status }: KubeObject, isSetting: IsSetting): object {
  const { name, creationTimestamp, generation } = metadata
  const { replicas, template } = (spec ?? {}) as {
    readonly replicas?: number
    readonly template?: { readonly spec?: { readonly containers?: readonly Container[] } }
  }
  const containers = template?.spec?.containers?.map((container) => containerIn(container, isSetting))
  return given({ name, creationTimestamp, generation, replicas, containers, status })
}

const LEFT_OUT = '[left out]'

/** Settings hold no secret; what else somebody gives a process may be one, such as the password of a proxy. */
function containerIn({ name, image, args = [], env = [], resources }: Container, isSetting: IsSetting): object {
  return given({
    name,
    image,
    args: args.map((word, index) => argumentIn(word, args[index - 1], isSetting)),
    env: env.map(({ name, value }) =>
      given({ name, value: value === undefined || isSetting(name) ? withoutUser(value) : LEFT_OUT }),
    ),
    resources,
  })
}

function argumentIn(word: string, before: string | undefined, isSetting: IsSetting): string {
  const [, flag, value] = /^(--[^=]+)(?:=(.*))?$/s.exec(word) ?? []
  if (flag === undefined) return before !== undefined && isSetting(before) ? withoutUser(word)! : LEFT_OUT
  if (value === undefined) return flag
  return `${flag}=${isSetting(flag) ? withoutUser(value)! : LEFT_OUT}`
}

/** A URL may have a user and a password in it by mistake: that is why such an operator does not start. */
function withoutUser(value: string | undefined): string | undefined {
  return value?.replaceAll(/\/\/[^/]*@/g, '//…@')
}

type ContainerStatus = {
  readonly name: string
  readonly image?: string
  readonly imageID?: string
  readonly ready?: boolean
  readonly restartCount?: number
  readonly state?: Readonly<Record<string, object>>
  readonly lastState?: Readonly<Record<string, object>>
}

export function podIn({ metadata, spec, status }: KubeObject): object {
  const { name, creationTimestamp, deletionTimestamp } = metadata
  const { phase, reason, conditions, containerStatuses } = (status ?? {}) as {
    readonly phase?: string
    readonly reason?: string
    readonly conditions?: readonly object[]
    readonly containerStatuses?: readonly ContainerStatus[]
  }
  const { nodeName } = (spec ?? {}) as { readonly nodeName?: string }
  const containers = containerStatuses?.map((one) =>
    given({ ...one, state: withoutMessages(one.state), lastState: withoutMessages(one.lastState) }),
  )
  return given({ name, creationTimestamp, deletionTimestamp, nodeName, phase, reason, conditions, containers })
}

/** Where a container has ended, its message may be the end of its log. */
function withoutMessages(state: ContainerStatus['state']): object | undefined {
  if (!state) return undefined
  const states = Object.entries(state).map(([name, details]: [string, { readonly message?: unknown }]) => {
    const { message: _, ...told } = details
    return [name, told]
  })
  return Object.fromEntries(states)
}

export function leaseIn({ metadata, spec }: KubeObject): object {
  return given({ name: metadata.name, spec })
}

/** Annotations of ours. Others may hold a whole Secret: what kubectl noted of one that was applied. */
function own(annotations: Readonly<Record<string, string>> = {}): object | undefined {
  const ours = Object.entries(annotations).filter(([name]) => name.startsWith(`${GROUP}/`))
  return ours.length === 0 ? undefined : Object.fromEntries(ours)
}

/** Without the members that are `undefined`. */
function given(members: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
}
