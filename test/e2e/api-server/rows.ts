// The contract: what the API server in memory and the real one have in common.
import { BUILT_IN } from './built-in.ts'
import { CREATES } from './creates.ts'
import { DELETIONS } from './deletions.ts'
import { DRY_RUNS } from './dry-runs.ts'
import { LISTS } from './lists.ts'
import { PATCHES } from './patches.ts'
import type { Row } from './row.ts'
import { UPDATES } from './updates.ts'
import { WATCHES } from './watches.ts'

export const ROWS: readonly Row[] = [
  ...CREATES,
  ...UPDATES,
  ...PATCHES,
  ...DELETIONS,
  ...DRY_RUNS,
  ...BUILT_IN,
  ...LISTS,
  ...WATCHES,
]
