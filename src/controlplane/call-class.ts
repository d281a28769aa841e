// What calls of the management API are made for: by this they share the budget.

/** The most urgent first. Source: docs/settings.md, `requests-per-second`. */
export const CALL_CLASSES = ['deletes', 'creates', 'recovery', 'sweep'] as const

export type CallClass = (typeof CALL_CLASSES)[number]
