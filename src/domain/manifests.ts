// Resources as a YAML stream, with comments for whoever is going to apply it.
import { stringify } from 'yaml'
import type { Manifest } from './export.ts'
import { printable } from './parsing.ts'

/**
 * One document for each, in this order, and nothing for none. Read alike by parsers of YAML 1.1, such as kubectl's, and
 * 1.2: a tenant called `no` stays a text.
 */
export function manifestStream(manifests: readonly Manifest[]): string {
  return manifests.map(documentOf).join('---\n')
}

function documentOf({ about, resource }: Manifest): string {
  return `${about.map((line) => `# ${printable(line)}\n`).join('')}${stringify(resource, { compat: 'yaml-1.1', lineWidth: 0 })}`
}
