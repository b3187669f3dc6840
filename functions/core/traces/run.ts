/**
 * A trace becomes a native run, or is dropped for a reason: dialects.md's normal form. Nothing is inferred that the trace does not say.
 */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import { MOST } from '#schemas/measures.ts'
import { instantOf } from '../instant.ts'
import { type Actions, actionsOf } from './actions.ts'
import { type Turn, turnsOf } from './conversation.ts'
import { evaluatedArm } from './evaluated-arm.ts'
import { familyOf, intentOf, namedAt } from './family.ts'
import { compareInstants, millis, safeId } from './ids.ts'
import { labelsOf } from './labels.ts'
import { TAGS, type Tag, type TraceOptions } from './options.ts'
import { offeredBy } from './retrieval.ts'
import type { Span } from './span.ts'
import { standingScores } from './standing.ts'
import type { DropReason, Tally } from './tally.ts'
import { timelineOf } from './timeline.ts'
import { toolSpans } from './tools.ts'
import type { Trace } from './trace.ts'
import { type Tree, treeOf } from './tree.ts'
import { isCut } from './values.ts'
import { nameOf } from './words.ts'

export type Made =
  | { readonly kind: 'run'; readonly run: ExperienceRun }
  | {
      readonly kind: 'dropped'
      readonly reason: DropReason
      readonly example: string
      readonly where: Span['where'] | null
    }

/** Spans above which a trace is no run of an agent but a job. */
const MOST_SPANS = 20_000

/**
 * @param dialect name of the dialect of its file
 * @param isWhole asked of a trace whose root is in no row: is it all the same? `midway`: of its spans the last call waits for tools, or there is none
 * @throws TwoFamilies
 */
export function runOf(
  trace: Trace,
  dialect: string,
  options: TraceOptions,
  tally: Tally,
  isWhole: (midway: boolean) => boolean,
): Made {
  const drop = (reason: DropReason, example: string, span: Span | undefined = trace.spans[0]): Made => ({
    kind: 'dropped',
    reason,
    example: `trace ${trace.id}: ${example}`,
    where: span?.where ?? trace.about[0]?.where ?? null,
  })
  const { spans } = trace
  if (trace.about.some(({ scorer }) => scorer)) return drop('scorer_trace', 'a scorer wrote it')
  if (spans.length > MOST_SPANS) return drop('too_large', `${spans.length} spans, more than ${MOST_SPANS}`)
  const backwards = spans.find(({ start, end }) => start !== null && end !== null && compareInstants(end, start) < 0)
  if (backwards) return drop('clock_backwards', `span ${backwards.name} ends before it starts`, backwards)
  const tree = treeOf(trace)
  if (tree.cyclic) return drop('cycle', 'its spans are each other’s parents')
  const running = spans.find(({ open, parent }) => open && parent === null) ?? tree.calls.find(({ open }) => open)
  if (running) return drop('open', `span ${running.name} has not ended`, running)
  const fault = contentFault(tree, spans)
  if (fault) return drop(fault.reason, fault.example, fault.span)
  const turns = turnsOf(tree, tally)
  if (tree.rootless && !isWhole(spans.length > 1 && endsMidway(turns)))
    return drop('cut', `span ${tree.roots[0]!.name} names a parent that is in no line`, tree.roots[0])
  if (turns.length === 0) return drop('no_model_call', 'no span of it is a model call that answered')
  const actions = actionsOf(turns, toolSpans(spans), tree.agentOf, tally)
  const waiting = actions.all.find(
    (action) => (action.waited && !action.span && !action.read) || (action.before && action.span),
  )
  if (waiting)
    return drop(
      'waits_for_approval',
      `the call of ${waiting.call.name} waits for a person, or was asked for in another trace`,
    )
  if (lasts(spans) > LONG_NANOS) tally.saw('spans.traces_over_a_week', spans[0]!.where, `trace ${trace.id}`)
  return { kind: 'run', run: nativeRun(trace, tree, turns, actions, dialect, options, tally) }
}

/** Did the last call ask for tools, and none read what they gave? One that had to ask for a tool has stopped all the same. */
function endsMidway(turns: readonly Turn[]): boolean {
  const last = turns.at(-1)
  return !last || (last.call.finish !== 'stop' && last.output.some(({ calls }) => calls.length > 0))
}

/** A week: no run of an agent lasts so long, and an id that was given twice is two of them. It is told of, and taken at its word. */
const LONG_NANOS = 7n * 86_400_000_000_000n

/** From the first start to the last. */
function lasts(spans: readonly Span[]): bigint {
  const starts = spans.map(({ start }) => start).filter((start) => start !== null)
  const [first, last] = [starts[0], starts.at(-1)]
  return first === undefined || last === undefined ? 0n : BigInt(last) - BigInt(first)
}

/** What was recorded of the words: cut, elsewhere, or not at all. */
function contentFault(tree: Tree, spans: readonly Span[]): { reason: DropReason; example: string; span: Span } | null {
  const relevant = [...tree.calls, ...spans.filter(({ kind }) => kind === 'tool' || kind === 'retrieval')]
  const cut = relevant.find((span) => span.cut.length > 0)
  if (cut)
    return {
      reason: 'content_truncated',
      example: `${cut.cut[0]} of span ${cut.name} was cut at a limit, or is JSON that nests too deep or names __proto__`,
      span: cut,
    }
  for (const span of tree.calls)
    for (const { calls } of span.output ?? [])
      for (const { name, arguments: args } of calls)
        if (isCut(args))
          return {
            reason: 'content_truncated',
            example: `the arguments of ${name} in span ${span.name} were cut at a limit`,
            span,
          }
  const external = relevant.find((span) => span.external.length > 0)
  if (external)
    return {
      reason: 'content_external',
      example: `${external.external[0]} of span ${external.name} lies in another store`,
      span: external,
    }
  const [first] = tree.calls
  if (first && tree.calls.every(({ input, output }) => input === null && output === null))
    return { reason: 'content_missing', example: `no message of span ${first.name} was recorded`, span: first }
  return null
}

function nativeRun(
  trace: Trace,
  tree: Tree,
  turns: readonly Turn[],
  actions: Actions,
  dialect: string,
  options: TraceOptions,
  tally: Tally,
): ExperienceRun {
  const offered = offeredBy(trace.spans, tally)
  const { family, by } = familyOf(trace, options)
  tally.add(`families.by_${by}`)
  const own = trace.about.find(({ passed }) => typeof passed === 'boolean')
  const scores = standingScores([
    ...trace.about.flatMap((about) => about.scores ?? []),
    ...trace.spans.flatMap((span) => span.scores),
  ])
  const named = labelsOf(scores, options, tally)
  const labels =
    named.passed === null && own
      ? { ...named, passed: own.passed!, score_kind: named.score_kind ?? own.passed_kind ?? 'rule' }
      : named
  const steps = timelineOf(turns, actions, offered.hops, options.writes, tally)
  const first =
    trace.spans.map(({ start }) => start).find((start) => start !== null) ??
    trace.about.find(({ start }) => start)?.start ??
    null
  const started = first === null ? null : instantOf(Number(BigInt(first) / 1_000_000n))
  const id = safeId(trace.id)
  const session = sessionOf(trace)
  return {
    run_id: id,
    trace_id: id,
    case_id: nameOf(trace.about.find((about) => about.case)?.case ?? null) ?? id,
    family_id: family,
    intent_id: intentOf(trace, tree, options),
    date: started?.slice(0, 10) ?? null,
    split: null,
    pack_version: null,
    policy_bundle_version: null,
    tool_manifest_version: null,
    evaluator_suite_version: null,
    release_tuple_id: null,
    decision_record_id: null,
    source: sourceOf(trace, tree.calls[0]?.by ?? dialect, id),
    operator_corrections: labels.corrections,
    settings: { ...settingsOf(turns, tally), ...offered.settings },
    offers: offered.offers,
    evidence: [...offered.evidence],
    gold_not_offered: 0,
    steps,
    outcome: outcomeOf(trace, tree, turns, actions, labels),
    ...(session ? { session_id: session } : {}),
    ...(started ? { started_at: started } : {}),
    ...evaluatedArm(trace, tally),
    ...tagged(trace, options),
  }
}

function sessionOf({ spans, about }: Trace): string | null {
  for (const each of [...spans, ...about]) {
    const name = nameOf(each.session ?? null)
    if (name !== null) return name
  }
  return null
}

/** Without the name of the file: the same trace comes again in another one, and is the same run. */
const sourceOf = (trace: Trace, dialect: string, id: string): ExperienceRun['source'] => ({
  dialect,
  ...(id === trace.id ? {} : { record: nameOf(trace.id) }),
})

/** Refs and ids at the paths that the user named. What is none stays out; the schema says which field is wrong otherwise. */
function tagged(trace: Trace, { tags }: TraceOptions): Partial<Record<Tag, string>> {
  return Object.fromEntries(
    TAGS.flatMap((tag) => {
      const path = tags.get(tag)
      const value = path === undefined ? undefined : namedAt(trace, path)[0]
      return value === undefined ? [] : [[tag, value]]
    }),
  )
}

/** Where no limit was set some exporters write -1 or 0. */
const isNoLimit = (path: string, value: unknown): boolean =>
  path === 'model.max_tokens' && !(typeof value === 'number' && value >= 1)

/** Settings that all calls of the run agree on. */
function settingsOf(turns: readonly Turn[], tally: Tally): Record<string, string | number | boolean> {
  const found = new Map<string, string | number | boolean>()
  const mixed = new Set<string>()
  for (const { settings } of turns.map(({ call }) => call))
    for (const path in settings) {
      const value = settings[path]!
      if (isNoLimit(path, value)) continue
      if (!found.has(path)) found.set(path, value)
      else if (found.get(path) !== value) mixed.add(path)
    }
  if (mixed.size > 0) tally.add('runs.settings_mixed')
  for (const path of mixed) found.delete(path)
  return Object.fromEntries(found)
}

function outcomeOf(
  trace: Trace,
  tree: Tree,
  turns: readonly Turn[],
  actions: Actions,
  labels: ReturnType<typeof labelsOf>,
): ExperienceRun['outcome'] {
  const { root } = tree
  const waited = actions.all.some(({ waited }) => waited !== null)
  const said = turns.filter(({ agent }) => tree.answers.has(agent)).flatMap(({ output }) => output)
  const last = said.findLast(({ role, text }) => role === 'assistant' && text !== '')
  const about = trace.about.find(({ status_text }) => status_text)
  const whole = trace.about.find(({ latency_ms }) => typeof latency_ms === 'number')
  const finish = turns.at(-1)?.call.finish ?? null
  const status = root?.status_text ?? about?.status_text ?? (root?.status === 'ok' ? 'ok' : finish)
  return {
    status: nameOf(status),
    outputs: last ? last.text.toWellFormed() : null,
    passed: labels.passed,
    score: labels.score,
    score_kind: labels.score_kind,
    must_refuse: null,
    refused: null,
    latency_ms: waited ? null : root ? millis(root.start, root.end) : (whole?.latency_ms ?? null),
    cost_cents: costOf(trace, root, turns),
    ...(labels.scores.length > 0 ? { scores: labels.scores } : {}),
  }
}

/**
 * The sum of the calls, of which the tokens are too; where one has none, the backend's own sum. Not the other way round: a backend adds up
 * every span that has a cost, and a container repeats the cost of what it contains.
 */
function costOf(trace: Trace, root: Span | null, turns: readonly Turn[]): number | null {
  const calls = turns.map(({ call }) => call.cost_usd)
  const sum = calls.every((cost) => cost !== null) ? calls.reduce((all, cost) => all + cost, 0) : null
  const usd =
    sum ?? trace.about.find(({ cost_usd }) => typeof cost_usd === 'number')?.cost_usd ?? root?.cost_usd ?? null
  const cents = usd === null ? null : Number((usd * 100).toPrecision(12))
  return cents !== null && cents >= 0 && cents <= MOST.cents ? cents : null
}
