// All operations of a second day by name, for the tests and for the command that repeats one.
import { BINDING } from './binding.ts'
import { LEAVING } from './leaving.ts'
import { LOSING } from './losing.ts'
import type { Operation } from './operation.ts'
import { REPLACING } from './replacing.ts'

export const OPERATIONS: Readonly<Record<string, Operation>> = { ...REPLACING, ...LOSING, ...BINDING, ...LEAVING }
