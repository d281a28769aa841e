// The kinds of settings that are written as Kubernetes writes them: names and label selectors.
import type { Kind } from './kinds.ts'
import { matching, textual } from './kinds.ts'

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?'

export const namespace: Kind<string> = matching(new RegExp(`^${LABEL}$`), 'the name of a namespace', 'NAMESPACE')

export const leaseName: Kind<string> = matching(
  new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`),
  'the name of a Lease',
  'NAME',
)

const NAME = '[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?'
const KEY = `(?:${LABEL}(?:\\.${LABEL})*/)?${NAME}`
const VALUES = `\\((?: *(?:${NAME})? *,)* *(?:${NAME})? *\\)`
const REQUIREMENT = ` *(?:!? *${KEY}|${KEY} *(?:==?|!=) *(?:${NAME})?|${KEY} +(?:not)?in +${VALUES}) *`

/** Kept as text: it is the API server that evaluates it. Source: Kubernetes, "Labels and Selectors". */
export const labelSelector: Kind<string> = matching(
  new RegExp(`^${REQUIREMENT}(?:,${REQUIREMENT})*$`),
  'a label selector, such as stage=production,team in (a,b)',
  'SELECTOR',
)

/** Which existing tenants the resources of a namespace may take over. */
export const adoptionRule: Kind<{ readonly namespace: string; readonly tenant: string }> = textual({
  takes: 'NAMESPACE=NAME, where * in NAME stands for any characters of a tenant name',
  placeholder: 'NAMESPACE=NAME',
  fromText(text) {
    const [, name, tenant] = new RegExp(`^(${LABEL})=([a-z0-9*]{1,61})$`).exec(text) ?? []
    return name === undefined || tenant === undefined ? undefined : { namespace: name, tenant }
  },
})
