/** Rules of redaction over the values of a record: every text in it, names of free values, and JSON that lies in a text. */
import type { RedactionRule } from '#schemas/redaction.ts'
import { jsonOfText } from '../replay/json-text.ts'
import { identifiersIn } from './identifiers.ts'
import { aroundPseudonyms, formOf, pseudonymOf } from './pseudonym.ts'

/** Fields of runs and of parts of traces that hold words of this program, instants and versions; below `FREE` there are none. */
const KEPT = new Set(
  'kind role stage start end time updated date started_at split score_kind passed_kind bucket gate gates offers dialect cut pack_version policy_bundle_version tool_manifest_version evaluator_suite_version model_profile_version prompt_version memory_schema_version release_tuple_id'.split(
    ' ',
  ),
)
/** Fields whose value is anybody's: names and numbers below them are contents too. */
const FREE = new Set(['arguments', 'outputs', 'named'])
/** Fields of ids, and ids as tracers make them: digits in those are by chance. */
const IDS = new Set(['trace', 'span', 'parent', 'id', 'run_id', 'trace_id', 'case_id', 'tool_call_id', 'record'])
const HEX_ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/i
/** Shorter texts at a path are replaced there alone: they stand in other words by chance. */
const SHORTEST_TERM = 3
const MOST_TERMS = 500

interface At {
  readonly path: string
  readonly isFree: boolean
}

/** A path of a rule. */
export interface UnmetPath {
  readonly rule: string
  readonly path: string
}

export class Redactor {
  /** Name of the rule at work: whoever limits the time tells it. */
  at = ''
  readonly #rules: readonly RedactionRule[]
  readonly #patterns: ReadonlyMap<string, RegExp>
  readonly #form: RegExp
  readonly #key: string
  #unmet: readonly UnmetPath[]

  constructor(rules: readonly RedactionRule[], key: string) {
    this.#rules = rules.toSorted((a, b) => lateness(a) - lateness(b))
    this.#form = formOf(rules.map(({ name }) => name))
    this.#patterns = new Map(
      rules.flatMap(({ name, pattern }) => (pattern === undefined ? [] : [[name, new RegExp(pattern, 'gu')] as const])),
    )
    this.#key = key
    this.#unmet = rules.flatMap(({ name, paths = [] }) => paths.map((path) => ({ rule: name, path })))
  }

  /** Paths at which no record so far held a text. */
  get unmetPaths(): readonly UnmetPath[] {
    return this.#unmet
  }

  /** A record without what the rules find. What a rule finds by its path alone is replaced wherever it stands in the record. */
  record<T>(record: T): T {
    const terms = new Map<string, string>()
    const first = this.#value(record, { path: '', isFree: false }, terms)
    const expression = termsOf(terms)
    if (expression === null) return first as T
    const replaced = (text: string): string =>
      aroundPseudonyms(text, this.#form)
        .map((piece, i) => (i % 2 === 1 ? piece : piece.replace(expression, (term) => this.#term(term, terms))))
        .join('')
    return everyText(first, false, replaced) as T
  }

  #term(text: string, terms: ReadonlyMap<string, string>): string {
    const rule = terms.get(fold(text))
    return rule === undefined ? text : pseudonymOf(this.#key, rule, text)
  }

  #value(value: unknown, at: At, terms: Map<string, string>): unknown {
    if (typeof value === 'string') return this.#string(value, at, terms)
    if (typeof value === 'number' && at.isFree) {
      const text = this.#string(String(value), at, terms)
      return text === String(value) ? value : text
    }
    if (typeof value !== 'object' || value === null) return value
    if (Array.isArray(value)) return value.map((each) => this.#value(each, at, terms))
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        if (!at.isFree && isKept(name, each)) return [name, each]
        const inner = { path: below(at.path, name), isFree: at.isFree || FREE.has(name) }
        return [at.isFree ? this.#string(name, { ...at, path: '' }, terms) : name, this.#value(each, inner, terms)]
      }),
    )
  }

  #string(text: string, at: At, terms: Map<string, string>): string {
    const json = /^\s*["[{]/.test(text) ? jsonOfText(text) : text
    if (json === text) return this.#plain(text, at.path, terms)
    const changes = new Map<string, string>()
    this.#leaves(json, { ...at, isFree: true }, terms, changes)
    if (changes.size === 0) return text
    // As it was spelled but for what was found: what a text costs follows its length.
    return text.replace(TOKEN, (token) => changes.get(String(jsonOfText(token))) ?? token)
  }

  /** Every leaf and name of a JSON value that becomes another one, as JSON spells that. */
  #leaves(value: unknown, at: At, terms: Map<string, string>, into: Map<string, string>): void {
    if (typeof value === 'object' && value !== null)
      for (const [name, each] of Object.entries(value)) {
        if (Array.isArray(value)) this.#leaves(each, at, terms, into)
        else {
          this.#leaves(name, { ...at, path: '' }, terms, into)
          this.#leaves(each, { ...at, path: below(at.path, name) }, terms, into)
        }
      }
    else {
      const replaced = this.#value(value, at, terms)
      if (replaced !== value) into.set(String(value), JSON.stringify(replaced))
    }
  }

  #plain(text: string, path: string, terms: Map<string, string>): string {
    const rules = this.#rules.filter(({ paths }) => !paths || paths.some((own) => isWithin(path, own)))
    if (this.#unmet.length > 0) this.#unmet = this.#unmet.filter((each) => !isWithin(path, each.path))
    let pieces = aroundPseudonyms(text, this.#form)
    for (const rule of rules) {
      if (isWhole(rule)) continue
      this.at = rule.name
      pieces = pieces.flatMap((piece, i) => (i % 2 === 1 ? [piece] : this.#found(piece, rule)))
    }
    const whole = rules.find(isWhole)
    // What another rule finds as a whole bears that name wherever it stands.
    if (!whole || pieces.every((piece, i) => i % 2 === 1 || piece.trim() === '')) return pieces.join('')
    const term = fold(text)
    if (term.length >= SHORTEST_TERM && terms.size < MOST_TERMS) terms.set(term, whole.name)
    return pseudonymOf(this.#key, whole.name, text)
  }

  /** The text cut at what a rule finds: an odd number of pieces, pseudonyms at the odd places. */
  #found(text: string, rule: RedactionRule): string[] {
    const pieces: string[] = []
    let last = 0
    const places =
      rule.identifier === undefined
        ? matchesOf(text, this.#patterns.get(rule.name)!)
        : identifiersIn(text, rule.identifier)
    for (const [start, end] of places) {
      pieces.push(text.slice(last, start), pseudonymOf(this.#key, rule.name, text.slice(start, end)))
      last = end
    }
    return [...pieces, text.slice(last)]
  }
}

const isWithin = (path: string, own: string): boolean => `.${path}.`.includes(`.${own}.`)

const isWhole = ({ identifier, pattern }: RedactionRule): boolean => identifier === undefined && pattern === undefined

/** Numbers that a checksum vouches for go first, whatever the order of the file: a part of one may look like something else. */
const lateness = ({ identifier }: RedactionRule): number => (identifier === 'iban' || identifier === 'card' ? 0 : 1)

const isKept = (name: string, value: unknown): boolean =>
  KEPT.has(name) || (IDS.has(name) && typeof value === 'string' && HEX_ID.test(value))

const below = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`)

const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/gs

const fold = (text: string): string => text.normalize('NFKC').toLowerCase().trim().replace(/\s+/g, ' ')

function* matchesOf(text: string, pattern: RegExp): Generator<readonly [number, number]> {
  for (const { 0: found, index } of text.matchAll(pattern)) if (found !== '') yield [index, index + found.length]
}

function termsOf(terms: ReadonlyMap<string, string>): RegExp | null {
  if (terms.size === 0) return null
  const words = [...terms.keys()]
    .sort((a, b) => b.length - a.length || (a < b ? -1 : 1))
    .map((term) => term.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&').replaceAll(' ', '\\s+'))
  return new RegExp(`(?<![\\p{L}\\p{N}_])(?:${words.join('|')})(?![\\p{L}\\p{N}_])`, 'giu')
}

function everyText(value: unknown, isFree: boolean, replaced: (text: string) => string): unknown {
  if (typeof value === 'string') return replaced(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((each) => everyText(each, isFree, replaced))
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      isFree ? replaced(name) : name,
      !isFree && isKept(name, each) ? each : everyText(each, isFree || FREE.has(name), replaced),
    ]),
  )
}
