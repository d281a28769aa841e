// What an expression in PromQL asks for. Not a parser: Prometheus is one, and has its own test.

export type Matcher = { readonly label: string; readonly operator: string; readonly value: string }
/** As it is written: `metric` may end in `_bucket`. */
export type Selector = { readonly metric: string; readonly matchers: readonly Matcher[] }

const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset'])
const RANGE = /\[[^\]]*\]/g
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g
const SELECTOR = /(?<![\w:])([a-z_:][\w:]*)(?![\w:]|\s*\()(?:\s*\{([^}]*)\})?/gi
const MATCHER = /(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g

/** The series that an expression reads. */
export function selectorsIn(expression: string): Selector[] {
  const bare = expression.replaceAll(RANGE, '').replaceAll(GROUPING, ' ')
  return Array.from(bare.matchAll(SELECTOR), ([, metric = '', matchers = '']) => ({
    metric,
    matchers: Array.from(matchers.matchAll(MATCHER), ([, label = '', operator = '', value = '']) => ({
      label,
      operator,
      value,
    })),
  })).filter(({ metric }) => !KEYWORDS.has(metric))
}

/** The labels that it groups or matches series by. */
export function groupingsIn(expression: string): string[] {
  return Array.from(expression.matchAll(GROUPING), ([, labels = '']) => labels.split(',').map((label) => label.trim()))
    .flat()
    .filter((label) => label !== '')
}

/** Whether a label that has this value meets the matcher. */
export function isMet({ operator, value }: Matcher, actual: string): boolean {
  const isSame = operator.endsWith('~') ? new RegExp(`^(?:${value})$`).test(actual) : value === actual
  return operator.startsWith('!') ? !isSame : isSame
}
