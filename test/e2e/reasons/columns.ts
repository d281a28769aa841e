// What `kubectl get` shows of a resource: the API server makes the columns, kubectl only aligns them.
import { API_VERSION } from '../../../src/api/names.ts'
import { PLURALS } from './history.ts'
import type { Kind } from './history.ts'
import type { Lab } from './lab.ts'

const AS_TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io'

type Table = {
  readonly columnDefinitions: readonly { readonly name: string; readonly priority: number }[]
  readonly rows: readonly { readonly cells: readonly unknown[] }[]
}

/** The cells of a resource's line by the names of their columns. */
export async function columnsOf(
  lab: Lab,
  kind: Kind,
  at: { readonly name?: string; readonly namespace?: string } = {},
): Promise<Readonly<Record<string, unknown>>> {
  const { namespace, name } = lab.keyOf(kind, at)
  const path = `/apis/${API_VERSION}/namespaces/${namespace}/${PLURALS[kind]}/${name}`
  const { columnDefinitions, rows } = (await lab.request('GET', path, { accept: AS_TABLE })) as Table
  return Object.fromEntries(columnDefinitions.map((column, index) => [column.name, rows[0]!.cells[index]]))
}
