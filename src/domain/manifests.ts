// Resources as a YAML stream, with comments for whoever is going to apply it.
import { stringify } from 'yaml'
import type { Manifest } from './export.ts'
import { shown } from '../shown.ts'
import { printable } from './parsing.ts'

/**
 * One document for each, in this order, and nothing for none. Read alike by parsers of YAML 1.1, such as kubectl's, and
 * 1.2: a tenant called `no` stays a text.
 */
export function manifestStream(manifests: readonly Manifest[]): string {
  return manifests.map(documentOf).join('---\n')
}

/** The same as one List, which has no room for comments: see {@link aboutAll}. */
export function manifestList(manifests: readonly Manifest[]): string {
  const items = manifests.map(({ resource }) => resource)
  return shown(`${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2)}\n`)
}

/** What there is to know before each is applied, a line each. */
export function aboutAll(manifests: readonly Manifest[]): string[] {
  return manifests.flatMap(({ about, resource: { kind, metadata } }) =>
    about.map((line) => `${kind} ${metadata.namespace}/${metadata.name}: ${line}`),
  )
}

function documentOf({ about, resource }: Manifest): string {
  return `${about.map((line) => `# ${printable(line)}\n`).join('')}${stringify(resource, { compat: 'yaml-1.1', lineWidth: 0 })}`
}
