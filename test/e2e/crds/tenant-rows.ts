// What the API server accepts and refuses of a RaiTenant.
import type { Row } from './row.ts'
import { condition, each, STATUS_ROWS } from './row.ts'

/** The least that a spec must say. */
export const LEAST_TENANT = {}

const creates: readonly Row[] = [
  { rule: 'a name fit for the control plane is all that a tenant needs' },

  { rule: 'spec.name may differ from metadata.name', name: 'some-tenant', spec: { name: 'acme' } },
  { rule: 'spec.name may have 61 characters', spec: { name: 'a'.repeat(61) } },
  {
    rule: 'a spec.name of 62 characters is refused',
    spec: { name: 'a'.repeat(62) },
    refused: { 'spec.name': 'may not be more than 61' },
  },
  { rule: 'an empty spec.name is refused', spec: { name: '' }, refused: { 'spec.name': 'at least 1 chars' } },
  ...each(['Acme', 'acme-corp', 'acme_corp', 'acme.a', 'ácme'], (name) => ({
    rule: `spec.name "${name}" is refused`,
    spec: { name },
    refused: { 'spec.name': '^[a-z0-9]{1,61}$' },
  })),
  { rule: 'metadata.name may stand for spec.name up to 61 characters', name: 'b'.repeat(61) },
  {
    rule: 'a metadata.name of 62 characters cannot stand for spec.name',
    name: 'b'.repeat(62),
    refused: { 'spec.name': 'must be set here: metadata.name' },
  },
  ...each(['acme-corp', 'acme.a'], (name) => ({
    rule: `metadata.name "${name}" cannot stand for spec.name`,
    name,
    refused: { 'spec.name': 'must be set here: metadata.name' },
  })),

  { rule: 'a cell that nobody has heard of may come', spec: { cells: ['eu-1', 'zz-99'] } },
  ...each(['eu', 'EU-1', 'eu1', 'eu-100', 'eur-1', '-1'], (cell) => ({
    rule: `cell "${cell}" is refused`,
    spec: { cells: ['eu-1', cell] },
    refused: { 'spec.cells[1]': '' },
  })),
  { rule: 'no cell at all is refused', spec: { cells: [] }, refused: { 'spec.cells': 'at least 1 items' } },
  {
    rule: 'a cell named twice is refused',
    spec: { cells: ['eu-1', 'eu-1'] },
    refused: { 'spec.cells[1]': 'Duplicate' },
  },

  ...each(['Never', 'IfExists', 'MustExist'], (adoptionPolicy) => ({
    rule: `adoptionPolicy ${adoptionPolicy} is accepted`,
    spec: { adoptionPolicy },
  })),
  {
    rule: 'any other adoptionPolicy is refused',
    spec: { adoptionPolicy: 'Always' },
    refused: { 'spec.adoptionPolicy': '"Never", "IfExists", "MustExist"' },
  },
  ...each(['Delete', 'Retain'], (deletionPolicy) => ({
    rule: `deletionPolicy ${deletionPolicy} is accepted`,
    spec: { deletionPolicy },
  })),
  {
    rule: 'any other deletionPolicy is refused',
    spec: { deletionPolicy: 'Orphan' },
    refused: { 'spec.deletionPolicy': '"Delete", "Retain"' },
  },
  { rule: 'deletionProtection may be asked for', spec: { deletionProtection: true } },
  {
    rule: 'a deletionProtection that is no boolean is refused',
    spec: { deletionProtection: 'true' },
    refused: { 'spec.deletionProtection': 'boolean' },
  },
  ...each(['Managed', 'All'], (drainPolicy) => ({
    rule: `drainPolicy ${drainPolicy} is accepted`,
    spec: { drainPolicy },
  })),
  {
    rule: 'any other drainPolicy is refused',
    spec: { drainPolicy: 'None' },
    refused: { 'spec.drainPolicy': '"Managed", "All"' },
  },
]

const namespaces = (allowedNamespaces: object) => ({ spec: { allowedNamespaces } })
const selector = (selector: object) => namespaces({ from: 'Selector', selector })
const requirement = (requirement: object) => selector({ matchExpressions: [requirement] })

const grants: readonly Row[] = [
  ...each(['Same', 'All'], (from) => ({ rule: `allowedNamespaces from ${from} is accepted`, ...namespaces({ from }) })),
  {
    rule: 'allowedNamespaces needs from',
    ...namespaces({}),
    refused: { 'spec.allowedNamespaces.from': 'Required' },
  },
  {
    rule: 'any other from is refused',
    ...namespaces({ from: 'None' }),
    refused: { 'spec.allowedNamespaces.from': '"Same", "All", "Selector"' },
  },
  { rule: 'labels select namespaces', ...selector({ matchLabels: { 'example.com/team': 'a', tier: '' } }) },
  {
    rule: 'requirements select namespaces',
    ...selector({
      matchExpressions: [
        { key: 'team', operator: 'In', values: ['a', 'b'] },
        { key: 'example.com/tier', operator: 'NotIn', values: ['x'] },
        { key: 'kubernetes.io/metadata.name', operator: 'Exists' },
        { key: 'gone', operator: 'DoesNotExist', values: [] },
      ],
    }),
  },
  { rule: 'an empty selector is accepted', ...selector({}) },
  {
    rule: 'from Selector needs a selector',
    ...namespaces({ from: 'Selector' }),
    refused: { 'spec.allowedNamespaces.selector': 'needs a selector' },
  },
  ...each(['Same', 'All'], (from) => ({
    rule: `a selector beside from ${from} is refused`,
    ...namespaces({ from, selector: { matchLabels: { team: 'a' } } }),
    refused: { 'spec.allowedNamespaces.selector': 'with from Selector only' },
  })),
  {
    rule: 'a selector with a malformed label key is refused',
    ...selector({ matchLabels: { 'a team': 'a' } }),
    refused: { 'spec.allowedNamespaces.selector.matchLabels': 'label key' },
  },
  {
    rule: 'a selector with a malformed label value is refused',
    ...selector({ matchLabels: { team: 'a b' } }),
    refused: { 'spec.allowedNamespaces.selector.matchLabels.team': 'should match' },
  },
  {
    rule: 'a requirement on a malformed label key is refused',
    ...requirement({ key: 'a/b/c', operator: 'Exists' }),
    refused: { 'spec.allowedNamespaces.selector.matchExpressions[0].key': 'should match' },
  },
  {
    rule: 'a requirement with an operator of its own invention is refused',
    ...requirement({ key: 'team', operator: 'Like', values: ['a'] }),
    refused: { 'spec.allowedNamespaces.selector.matchExpressions[0].operator': '"In", "NotIn"' },
  },
  ...each([{ operator: 'In' }, { operator: 'NotIn', values: [] }], (part) => ({
    rule: `${part.operator} needs a value`,
    ...requirement({ key: 'team', ...part }),
    refused: { 'spec.allowedNamespaces.selector.matchExpressions[0].values': 'at least one value' },
  })),
  ...each(['Exists', 'DoesNotExist'], (operator) => ({
    rule: `${operator} takes no values`,
    ...requirement({ key: 'team', operator, values: ['a'] }),
    refused: { 'spec.allowedNamespaces.selector.matchExpressions[0].values': 'take no values' },
  })),
]

const updates: readonly Row[] = [
  { rule: 'the name in effect may be written down', name: 'written', before: {}, spec: { name: 'written' } },
  { rule: 'the name in effect may be left to metadata.name', name: 'unwritten', before: { name: 'unwritten' } },
  {
    rule: 'a name other than the one in effect may not be written down',
    name: 'silent',
    before: {},
    spec: { name: 'loud' },
    refused: { 'spec.name': 'cannot be renamed: it is called "silent"' },
  },
  {
    rule: 'spec.name may not change',
    before: { name: 'old' },
    spec: { name: 'new' },
    refused: { 'spec.name': 'cannot be renamed: it is called "old"' },
  },
  {
    rule: 'spec.name may not be taken away where metadata.name is another one',
    before: { name: 'old' },
    refused: { 'spec.name': 'cannot be renamed: it is called "old"' },
  },
  {
    rule: 'a cell may not be added',
    before: { cells: ['eu-1'] },
    spec: { cells: ['eu-1', 'us-1'] },
    refused: { 'spec.cells': 'cannot be changed' },
  },
  {
    rule: 'a cell may not be removed',
    before: { cells: ['eu-1', 'us-1'] },
    spec: { cells: ['eu-1'] },
    refused: { 'spec.cells': 'cannot be changed' },
  },
  {
    rule: 'cells other than the default may not be left out later',
    before: { cells: ['us-1'] },
    refused: { 'spec.cells': 'cannot be changed' },
  },
  { rule: 'the default cell may be left out later', before: { cells: ['eu-1'] } },
  {
    rule: 'the order of cells means nothing',
    before: { cells: ['eu-1', 'us-1'] },
    spec: { cells: ['us-1', 'eu-1'] },
  },
  {
    rule: 'all policies may change',
    before: { adoptionPolicy: 'Never', deletionPolicy: 'Retain', drainPolicy: 'Managed', deletionProtection: true },
    spec: { adoptionPolicy: 'IfExists', deletionPolicy: 'Delete', drainPolicy: 'All', deletionProtection: false },
  },
  { rule: 'deletionPolicy may be taken away', before: { deletionPolicy: 'Retain' } },
  {
    rule: 'allowedNamespaces may change',
    before: { allowedNamespaces: { from: 'Selector', selector: {} } },
    spec: { allowedNamespaces: { from: 'All' } },
  },
]

const statuses: readonly Row[] = [
  ...STATUS_ROWS,
  {
    rule: 'a status may hold all that is known of a tenant',
    status: {
      observedGeneration: 1,
      conditions: [condition, { ...condition, type: 'Synced' }],
      organization: 'api.tenants.resistant.ai/client',
      tenantId: 't-1',
      createdAt: '2026-01-01T00:00:00Z',
      links: [
        { cell: 'eu-1', host: 'acme.eu.example' },
        { cell: 'us-1', host: 'acme.us.example' },
      ],
      provenance: 'Adopted',
      applications: 2,
      unmanagedApplications: { total: 21, ids: ['a-1', 'a-2'] },
      lastHandledReconcile: 'now',
    },
  },
  {
    rule: 'two links for one cell are refused',
    status: {
      observedGeneration: 1,
      links: [
        { cell: 'eu-1', host: 'a' },
        { cell: 'eu-1', host: 'b' },
      ],
    },
    refused: { 'status.links[1]': 'Duplicate' },
  },
  {
    rule: 'more than 20 ids of unmanaged applications are refused',
    status: {
      observedGeneration: 1,
      unmanagedApplications: { total: 21, ids: Array.from({ length: 21 }, (_, index) => `a-${index}`) },
    },
    refused: { 'status.unmanagedApplications.ids': 'at most 20 items' },
  },
]

export const TENANT_ROWS: readonly Row[] = [...creates, ...grants, ...updates, ...statuses]
