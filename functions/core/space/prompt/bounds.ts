/** Bounds of a prompt block: everything that an edit of it may not do, in the order in which a reader would object. */
import type { PromptBounds } from '#schemas/surface.ts'
import { characterProblems } from './characters.ts'
import { UNSPACED } from './occurrences.ts'
import { protectedProblems } from './protected.ts'
import { changedSentences, missing, newSentences } from './sentences.ts'
import { termProblems } from './terms.ts'
import type { CountTokens } from './tokens.ts'

/**
 * Every reason why `to` is no bounded edit of the block `from`, for a person to act on. Nothing is repaired: placeholders,
 * characters, forbidden terms, protected sentences, growth since a named version, size of the edit, in this order.
 */
export function promptProblems(bounds: PromptBounds, from: string, to: string, count: CountTokens): string[] {
  const length = lengthProblems(bounds, from, to, count)
  // What nobody may add so much of is not read for what it hides.
  if (to.length > MOST_READ && length.length > 0) return length
  return [
    ...placeholderProblems(from, to),
    ...characterProblems(from, to),
    ...termProblems(from, to, bounds.forbidden_terms),
    ...protectedProblems(from, to, bounds.protected_sentences ?? []),
    ...length,
    ...sizeProblems(bounds, from, to),
  ]
}

/** Characters of a block that is too long for its bounds, and is read all the same: every reason is told at once. */
const MOST_READ = 20_000

function lengthProblems(
  { max_added_tokens, max_tokens, grown_since, tokenizer }: PromptBounds,
  from: string,
  to: string,
  count: CountTokens,
): string[] {
  const problems: string[] = []
  const by = tokenizer === undefined ? 'by estimate' : `by ${tokenizer}`
  const tokens = count(to, tokenizer)
  const added = tokens - count(grown_since?.text ?? from, tokenizer)
  if (added > max_added_tokens)
    problems.push(
      `the block grows by ${added} tokens (${by})${grown_since ? ` since ${grown_since.pack}` : ''}, at most ${max_added_tokens} may be added`,
    )
  if (max_tokens !== undefined && tokens > max_tokens && tokens > count(from, tokenizer))
    problems.push(`the block has ${tokens} tokens (${by}), at most ${max_tokens} are allowed`)
  return problems
}

function sizeProblems({ max_changed_sentences, max_new_sentences }: PromptBounds, from: string, to: string): string[] {
  const added = newSentences(from, to)
  if (max_new_sentences !== undefined && added > max_new_sentences)
    return [
      `the edit adds or rewords ${added} ${added === 1 ? 'sentence' : 'sentences'}, ${max_new_sentences === 0 ? 'and may only take out or move: no rule reads what a new one means' : `at most ${max_new_sentences} may be new`}`,
    ]
  const changed = changedSentences(from, to)
  if (max_changed_sentences !== undefined && changed > max_changed_sentences)
    return [`the edit changes ${changed} sentences, at most ${max_changed_sentences} may be changed at once`]
  const before = wordsOf(from)
  const kept = before.length - missing(before, wordsOf(to), (word) => word).length
  return kept * 2 < before.length
    ? [`only ${kept} of ${before.length} words of the block stay: a whole-prompt rewrite cannot win`]
    : []
}

/** Words, or letters where words are not spaced. */
const WORD = new RegExp(`[${UNSPACED}]|[^\\s${UNSPACED}]+`, 'gu')
const wordsOf = (text: string): string[] => text.toLowerCase().match(WORD) ?? []

const KINDS = [
  String.raw`\{\{\{?[^{}]*\}?\}\}|\{%[^%]*%\}|\{#[^#]*#\}|<%[^%]*%>|<\?[^?]*\?>|<<[^<>]+>>|\[\[[^[\]]+\]\]`,
  String.raw`\$\{[^{}]*\}|\$\([^()]*\)|\$[\p{L}_][\p{L}\p{N}_]+`,
  // Whatever stands in braces may be filled in ("{ name }", "{name|upper}", "{total + 1}"), but for JSON and lists of texts.
  String.raw`\{(?!\s*["'“])[^{}]*\}`,
  String.raw`%\([\w.]+\)[sdifr]|%(?:\d\$)?[-+0#]*\d*(?:\.\d+)?[sdifgx](?![\p{L}\p{N}])|%[A-Za-z_]\w+%|@@[\w.-]+@@`,
  String.raw`(?:__|##|\[|<)[A-Z\d]+(?:_[A-Z\d]+)+(?:__|##|\]|>)`,
]
/** With what stands before it and keeps it from being filled in. */
const PLACEHOLDER = new RegExp(`(?<!\\\\)\\\\*(?:${KINDS.join('|')})`, 'gu')

/** Signs that a placeholder begins or ends with; one that is added may complete another beside it. */
const EDGES = /\{\{|\}\}|\{%|%\}|\$\{|<%|%>|<<|>>|\[\[|\]\]/gu

/**
 * What `to` has lost or added, each as written: placeholders must be the same and as often (a multiset, in any order),
 * since what they are filled with is not the text's to choose. Nothing is repaired.
 */
function placeholderProblems(from: string, to: string): string[] {
  return [...new Set([...changed(from, to), ...changed(from.normalize('NFKC'), to.normalize('NFKC'))])]
}

/** Of texts as they are, and as full-width signs are read. */
function changed(from: string, to: string): string[] {
  const before = timesOf(from)
  const after = timesOf(to)
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((one) => {
    const [had, has] = [before.get(one) ?? 0, after.get(one) ?? 0]
    if (had === has) return []
    return [`the placeholder ${one} stands ${has} times instead of ${had}: placeholders stay as they are`]
  })
}

function timesOf(text: string): Map<string, number> {
  const times = new Map<string, number>()
  for (const one of [...(text.match(PLACEHOLDER) ?? []), ...(text.replace(PLACEHOLDER, ' ').match(EDGES) ?? [])])
    times.set(one, (times.get(one) ?? 0) + 1)
  return times
}
