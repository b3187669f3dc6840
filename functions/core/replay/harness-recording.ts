/** A harness's decision in the columns of a recording: what of it was recorded keeps what was judged of it there. */
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HarnessAction, HarnessApproval, HarnessResult } from '#schemas/harness.ts'
import { PLACE } from '#schemas/need-places.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { canonical, digestOf } from '../canonical.ts'
import { agentOf, agentsOfOffers, agentsOfResults, hasAgents } from './agents.ts'
import { findNeeds, type Needs, type Readable, type ReadableItem } from './needs.ts'
import { findNeedsByText } from './needs-by-text.ts'
import { planOf } from './settings-plan.ts'
import { askedFor } from './transcript.ts'
import { unreadResults, unreadTurns } from './unread.ts'

type Failed = { readonly failed: string }
type ToolCall = Extract<ExperienceRun['steps'][number], { kind: 'tool_call' }>

/** A decided action. */
interface DecidedAction extends HarnessAction {
  /** How many pinned tool calls were served before it: their results could be read. */
  readonly servedBefore: number
}

/** One harness answer with what it is judged against. `run` is the recorded run behind `recording`, with its texts. */
export interface HarnessDecision {
  readonly run: ExperienceRun
  readonly recording: Recording
  readonly settings: Settings
  readonly result: HarnessResult
  readonly served: readonly number[]
  /** Its model steps were asked anew. Absent: recorded answers stand. */
  readonly live?: true
}

/** The actions of a result; each served tool call must be among them, in order. */
export function decidedActions(
  run: ExperienceRun,
  { actions }: HarnessResult,
  served: readonly number[],
): DecidedAction[] | Failed {
  const calls = served.flatMap((step) => {
    const s = run.steps[step]!
    return s.kind === 'tool_call' ? [s] : []
  })
  if (actions === undefined)
    return calls.map(({ name, arguments: args }, i) => ({ name, arguments: args, servedBefore: i }))
  let next = 0
  const decided = actions.map((action) => {
    const servedBefore = next
    if (next < calls.length && keyOf(action) === keyOf(calls[next]!)) next++
    return { ...action, servedBefore }
  })
  return next === calls.length
    ? decided
    : { failed: `actions: the call of ${calls[next]!.name} through pinned.tool is not listed, or not in its order` }
}

const keyOf = ({ name, arguments: args }: HarnessAction): string => `${name} ${canonical(args)}`

interface Decided {
  readonly recording: Recording
  readonly asked: Uint8Array
  /** Needs (indices) of values that stood nowhere in what the harness was given. */
  readonly ungrounded: readonly number[]
  /** Steps of the recording that were made again. */
  readonly made: ReadonlySet<number>
}

/** The recording with the decision, its actions, approvals and needs in place of the recorded ones. */
export function decidedRecording(
  { run, recording, result, served, settings, live }: HarnessDecision,
  actions: readonly DecidedAction[],
  kept: Int32Array,
): Decided | Failed {
  const calls = run.steps.flatMap((s, step) => (s.kind === 'tool_call' ? [{ s, step }] : []))
  const match = matchRecorded(
    actions,
    calls.map((c) => c.s),
  )
  const of = <T>(read: (recorded: number) => T, otherwise: (name: string) => T): T[] =>
    match.map((recorded, i) => (recorded < 0 ? otherwise(actions[i]!.name) : read(recorded)))
  const were = recording.actions
  const columns: Recording['actions'] = {
    step: of(
      (r) => were.step[r]!,
      () => run.steps.length,
    ),
    name: actions.map((a) => a.name),
    arguments: actions.map((a) => digestOf(a.arguments)),
    // An action that was never recorded is taken for an unconfirmed write, unless the same tool was recorded as reading.
    writes: of(
      (r) => were.writes[r]!,
      (name) => were.writes[were.name.indexOf(name)] ?? true,
    ),
    confirmed: of(
      (r) => were.confirmed[r]!,
      () => null,
    ),
    // Whether an action was right was said of what the recorded words led to.
    correct: of(
      (r) => (live ? null : were.correct[r]!),
      () => null,
    ),
  }
  const approvals = approvalsOf(recording, columns.name, match, result.approvals ?? [])
  const outOfRange = (result.approvals ?? []).findIndex((a) => a.action !== null && a.action >= actions.length)
  if (outOfRange >= 0) return { failed: `approvals.${outOfRange}.action: there are ${actions.length} actions` }
  const { untraced: _, ...rest } = recording
  const decided: Recording = { ...rest, actions: columns, approvals }
  const same =
    !live &&
    result.status === recording.outcome.status &&
    canonical(result.outputs) === canonical(recording.outcome.outputs) &&
    match.length === were.name.length &&
    match.every((r, i) => r === i)
  const outcome = {
    ...recording.outcome,
    status: result.status,
    outputs: result.outputs,
    refused: result.refused ?? (same ? recording.outcome.refused : null),
  }
  const grounding = groundingOf(
    rulesOf(recording),
    run,
    actions,
    match.map((r) => (r < 0 ? null : calls[r]!.step)),
    kept,
    served,
  )
  return {
    recording: { ...decided, ...grounding.needs, outcome },
    asked: result.approvals ? declared(approvals, result.approvals) : askedFor(decided, planOf(settings)),
    ungrounded: grounding.ungrounded,
    made: new Set([...served, ...match.flatMap((r) => (r < 0 ? [] : [calls[r]!.step]))]),
  }
}

/** For each decided action the recorded one with the same name and arguments, each once, in order; -1: none. */
function matchRecorded(actions: readonly HarnessAction[], calls: readonly ToolCall[]): number[] {
  const open = Map.groupBy(calls.keys(), (i) => keyOf(calls[i]!))
  return actions.map((action) => open.get(keyOf(action))?.shift() ?? -1)
}

/** Gates of the decided actions: the recorded ones of recorded actions, and those of the same tool for new ones. */
function approvalsOf(
  { approvals: were, actions }: Recording,
  names: readonly string[],
  match: readonly number[],
  declared: readonly HarnessApproval[],
): Recording['approvals'] {
  const rows: {
    gate: string
    action: number
    amount: number | null
    asked: boolean | null
    granted: boolean | null
  }[] = []
  const known = new Set<string>()
  const add = (row: (typeof rows)[number]) => {
    const key = gateOf(row.action, row.gate)
    if (known.has(key)) return
    known.add(key)
    rows.push(row)
  }
  were.gate.forEach((gate, i) => {
    const recorded = were.action[i]!
    const action = recorded < 0 ? -1 : match.indexOf(recorded)
    if (recorded < 0 || action >= 0)
      add({ gate, action, amount: were.amount[i]!, asked: were.asked[i]!, granted: were.granted[i]! })
  })
  names.forEach((name, action) => {
    if (match[action]! >= 0) return
    were.gate.forEach((gate, i) => {
      if (actions.name[were.action[i]!] !== name) return
      const amount = declared.find((d) => d.gate === gate && d.action === action)?.amount ?? null
      add({ gate, action, amount, asked: were.asked.some((a) => a === true), granted: null })
    })
  })
  for (const { gate, action, amount } of declared)
    add({ gate, action: action ?? -1, amount, asked: null, granted: null })
  return {
    gate: rows.map((r) => r.gate),
    action: rows.map((r) => r.action),
    amount: rows.map((r) => r.amount),
    asked: rows.map((r) => r.asked),
    granted: rows.map((r) => r.granted),
  }
}

/** A gate of an action, -1 for none, as a key. */
const gateOf = (action: number, gate: string): string => `${action} ${gate}`

/** Flags as the harness declared them; a gate that it does not mention did not ask. */
function declared({ gate, action }: Recording['approvals'], approvals: readonly HarnessApproval[]): Uint8Array {
  const asked = new Set(approvals.filter((a) => a.asked).map((a) => gateOf(a.action ?? -1, a.gate)))
  return Uint8Array.from(gate, (name, i) => (asked.has(gateOf(action[i]!, name)) ? 1 : 0))
}

/**
 * Needs of the decided actions over the whole recording, and which of them stood nowhere in what the harness was given:
 * the passages it kept, the tool results it was served before the action, and the dialogue.
 */
function groundingOf(
  rules: number,
  run: ExperienceRun,
  actions: readonly DecidedAction[],
  recordedSteps: readonly (number | null)[],
  kept: Int32Array,
  served: readonly number[],
): { needs: Omit<Needs, 'values'>; ungrounded: number[] } {
  const { steps, evidence } = run
  const find = rules < 2 ? findNeedsByText : findNeeds
  // A sub-agent reads its own context; an action that was never recorded reads the root's.
  const several = hasAgents(steps)
  const agentOfResult = several ? agentsOfResults(steps) : null
  const agentsOfOffer = several ? agentsOfOffers(run) : null
  const agentOfCall = new Map(
    several
      ? steps.flatMap((s, at) => (s.kind === 'tool_call' ? [[at, agentOfResult!.get(s.tool_call_id) ?? null]] : []))
      : [],
  ) as ReadonlyMap<number | null, string | null>
  const acting = recordedSteps.map((step) => agentOfCall.get(step) ?? null)
  const results = steps.flatMap((s, at) =>
    s.kind === 'tool_result' && s.content !== null
      ? [
          {
            id: s.tool_call_id,
            at,
            text: s.content,
            agents: agentOfResult ? [agentOfResult.get(s.tool_call_id) ?? null] : undefined,
          },
        ]
      : [],
  )
  const turns = steps.flatMap((s, at) =>
    s.kind === 'message' && s.role !== 'system' && s.content !== ''
      ? [{ at, text: s.content, agents: several ? [agentOf(s)] : undefined }]
      : [],
  )
  const readables = (
    offers: Iterable<number>,
    tools: readonly ReadableItem[],
    dialogue: readonly ReadableItem[],
  ): Readable[] => [
    {
      kind: PLACE.evidence,
      items: Array.from(offers, (i) => ({ at: -1, text: evidence[i]!.text ?? '', agents: agentsOfOffer?.[i] })),
      unread: Array.from(offers).flatMap((i) =>
        evidence[i]!.text === null ? [{ at: -1, agents: agentsOfOffer?.[i] }] : [],
      ),
    },
    { kind: PLACE.tool, items: tools, unread: unreadResults(steps, agentOfResult) },
    { kind: PLACE.memory, items: dialogue, unread: unreadTurns(steps) },
  ]
  const { values, ...needs } = find(
    actions.map((a, i) => ({
      arguments: a.arguments,
      readableBefore: recordedSteps[i] ?? steps.length,
      agent: acting[i]!,
    })),
    readables([...evidence.keys()], results, turns),
  )
  const calls = served.flatMap((step) => {
    const s = steps[step]!
    return s.kind === 'tool_call' ? [s.tool_call_id] : []
  })
  const given = find(
    actions.map((a, i) => ({ arguments: a.arguments, readableBefore: a.servedBefore, agent: acting[i]! })),
    readables(
      kept,
      results.flatMap(({ id, ...result }) => (calls.includes(id) ? [{ ...result, at: calls.indexOf(id) }] : [])),
      turns.map((turn) => ({ ...turn, at: -1 })),
    ),
  )
  // Readable is what stands there by the kind of match by which it was traced: a looser one rescues nothing.
  const keyOfNeed = (found: Pick<Needs, 'needs'>, of: readonly string[], i: number) =>
    `${found.needs.action[i]}\u0000${of[i]}\u0000${found.needs.match?.[i]}`
  const grounded = new Set(given.values.map((_, i) => keyOfNeed(given, given.values, i)))
  return {
    needs,
    ungrounded: values.flatMap((_, i) => (grounded.has(keyOfNeed({ needs: needs.needs }, values, i)) ? [] : [i])),
  }
}
