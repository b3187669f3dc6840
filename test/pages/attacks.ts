/** Markup and script for every text of a value, one after another. */
import { FATES } from '#schemas/candidate.ts'
import { METRIC_NAMES } from '#schemas/metrics.ts'
import { PROMOTION_VERDICTS, ROLLOUT_STATUS } from '#schemas/release.ts'
import { PERIODS } from '#schemas/stages.ts'
import { accessibilityProblems } from './html.ts'

export const ATTACK = `"'><script>alert(1)</script><img src=x onerror=alert(1)>{{7*7}}\${7*7}`

/** What an attack has achieved on a page; nothing when it stayed text. */
export const harmful = (page: string): string[] => [
  ...(/<script|<img/i.exec(page)?.map((found) => `${found} stands unescaped`) ?? []),
  ...accessibilityProblems(page),
]

/** Words that are chosen from a closed list, and checked by the schema before a page ever sees them. */
const CLOSED = new Set<string>([
  ...FATES,
  ...METRIC_NAMES,
  ...PERIODS,
  ...ROLLOUT_STATUS,
  ...PROMOTION_VERDICTS,
  ...['decrease', 'increase', 'search', 'retrieval', 'certified', 'checked'],
  ...['pass', 'block', 'not_measured', 'not_evaluated', 'good', 'bad', 'missing'],
  ...['advance', 'wait', 'pause', 'roll_back', 'pending', 'keep', 'supersede', 'retire'],
])

/** Records whose keys are free text. */
const OPEN = /\.(patch|excluded_cases\.search|not_measured|refs)$/

/**
 * Copies of a value with one text replaced each, keys of open records included; closed lists of words are left alone, and
 * one element stands for all of a list.
 */
export function attacked<T extends object>(value: T, attack: string = ATTACK): [string, T][] {
  const found: [string, unknown][] = []
  const walk = (node: unknown, at: string, put: (v: unknown) => unknown): void => {
    if (typeof node === 'string' && !CLOSED.has(node)) found.push([at, put(attack)])
    if (Array.isArray(node)) {
      if (node.length > 0) walk(node[0], `${at}[0]`, (x) => put([x, ...node.slice(1)]))
    } else if (typeof node === 'object' && node !== null)
      for (const [key, v] of Object.entries(node)) {
        walk(v, `${at}.${key}`, (x) => put({ ...node, [key]: x }))
        if (OPEN.test(at)) {
          const { [key]: _, ...rest } = node as Record<string, unknown>
          // A tuple always has its four parts; another one may come beside them.
          found.push([`a key of ${at}`, put({ ...(at.endsWith('.refs') ? node : rest), [attack]: v })])
        }
      }
  }
  walk(value, '', (v) => v)
  return found as [string, T][]
}
