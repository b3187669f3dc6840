/** A condition in words, for people who decide on it: `order_value is "low" and region is not "EU"`. */
import type { Patch } from '#schemas/common.ts'
import type { Condition } from '#schemas/condition.ts'
import { scopeOf } from './scope.ts'

/** Longest condition that is said in full. */
const LONGEST = 300

export function conditionWords(when: Condition): string {
  const text = words(when, false)
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`
}

/** For whom a patch is, behind it: ` where order_value is "low"`; empty: for all cases. */
export function whereWords(patch: Patch): string {
  const when = scopeOf(patch)
  return when === null ? '' : ` where ${conditionWords(when)}`
}

/** `inside`: another operator stands around it, so that what has several parts needs brackets. */
function words(rule: unknown, inside: boolean): string {
  if (Array.isArray(rule)) return rule.map((part) => words(part, false)).join(' or ')
  if (typeof rule !== 'object' || rule === null) return JSON.stringify(rule)
  const [operator, given] = Object.entries(rule)[0] ?? ['', null]
  const args: readonly unknown[] = Array.isArray(given) ? given : [given]
  const part = (i: number): string => words(args[i], true)
  const bracketed = (text: string): string => (inside ? `(${text})` : text)
  switch (operator) {
    case 'var':
      return `${String(args[0]).replace(/^attributes\./, '')}${args[1] === undefined ? '' : ` (${JSON.stringify(args[1])} where it is not recorded)`}`
    case '==':
    case '===':
      return bracketed(`${part(0)} is ${part(1)}`)
    case '!=':
    case '!==':
      return bracketed(`${part(0)} is not ${part(1)}`)
    case 'in':
      return bracketed(Array.isArray(args[1]) ? `${part(0)} is ${part(1)}` : `${part(1)} holds ${part(0)}`)
    case 'and':
    case 'or':
      return bracketed(args.map((_, i) => part(i)).join(` ${operator} `))
    case '!':
      return `not ${part(0)}`
    case '!!':
      return part(0)
    case 'missing':
      return bracketed(`${args.map((path) => String(path).replace(/^attributes\./, '')).join(', ')} is not recorded`)
    case '<':
    case '<=':
    case '>':
    case '>=':
      return bracketed(args.map((_, i) => part(i)).join(` ${operator} `))
    case '+':
      return args.length === 1 ? part(0) : bracketed(args.map((_, i) => part(i)).join(' + '))
    default:
      return JSON.stringify(rule)
  }
}
