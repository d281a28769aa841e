// The bill of materials of a bundle, in CycloneDX's JSON: what is in it, from where, under which licence.
import type { Metafile } from 'esbuild'
import { importsOf } from './packages.ts'
import type { Package } from './packages.ts'

export type Product = { readonly name: string; readonly version: string; readonly license: string }

const HASHES: Readonly<Record<string, string>> = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' }

/**
 * Lists exactly these packages, which are what the product holds parts of, and who imports whom. The same bundle gives the
 * same bytes: there is no date and no serial number, which CycloneDX does without. Source: https://cyclonedx.org/docs/1.6/json/.
 */
export function billOfMaterials(
  { name, version, license }: Product,
  packages: readonly Package[],
  metafile: Metafile,
): string {
  const root = purl(name, version)
  const bill = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: { type: 'application', 'bom-ref': root, name, version, purl: root, licenses: licences(license) },
    },
    components: packages.map((one) => ({
      type: 'library',
      'bom-ref': one.folder,
      name: one.name,
      version: one.version,
      purl: purl(one.name, one.version),
      licenses: licences(one.licence),
      hashes: [digest(one.integrity)],
    })),
    dependencies: [
      { ref: root, dependsOn: importsOf(metafile, undefined) },
      ...packages.map(({ folder }) => ({ ref: folder, dependsOn: importsOf(metafile, folder) })),
    ],
  }
  return `${JSON.stringify(bill, null, 2)}\n`
}

/** https://github.com/package-url/purl-spec: a scope's `@` is escaped. */
function purl(name: string, version: string): string {
  return `pkg:npm/${name.replace('@', '%40')}@${version}`
}

function licences(expression: string): readonly object[] {
  return /^[\w.+-]+$/.test(expression) ? [{ license: { id: expression } }] : [{ expression }]
}

function digest(integrity: string): object {
  const [algorithm = '', base64 = ''] = integrity.split('-', 2)
  return { alg: HASHES[algorithm], content: Buffer.from(base64, 'base64').toString('hex') }
}
