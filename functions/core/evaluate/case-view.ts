/** The values that an expression may read of a replayed case, by the names of `schemas/case-view.ts`. */
import type { ViewName } from '#schemas/case-view.ts'
import type { Settings } from '#schemas/common.ts'
import { prepare } from '../replay/prepare.ts'
import type { BareRecording } from '../replay/slim.ts'
import { observe, type Replayed, recordedAsked, recordedContext } from '../replay/transcript.ts'
import { outcomeIsLost } from './checks/lost-outcome.ts'
import { labelOf } from './label.ts'

/** The named values of a replay. Others are not made. */
export const viewOf = (names: readonly ViewName[], replayed: Replayed): Readonly<Record<string, unknown>> =>
  Object.fromEntries(names.map((name) => [name, VALUES[name](replayed)]))

/** The same of a recording as it was recorded. Cents stand as 0 where prices could make them of the record. */
export function recordedView(
  names: readonly ViewName[],
  recording: BareRecording,
  baseline: Settings,
): Readonly<Record<string, unknown>> {
  const prepared = prepare(recording)
  const asked = recordedAsked(prepared)
  const rendered = recordedContext(prepared)
  const replayed = observe({ recording, prepared, rendered, asked, equal: true }, { baseline, prices: null })
  const { prompt_tokens, completion_tokens } = recording.calls
  const isCounted = prompt_tokens.length > 0 && ![...prompt_tokens, ...completion_tokens].includes(null)
  return viewOf(names, { ...replayed, cents: isCounted ? 0 : null })
}

/** What was recorded of a case as text, a number or a flag; null: it was not. */
type Item = Readonly<Record<string, string | number | boolean | null>>

/** Texts, numbers and flags of an output, by name; one that is such a value itself is called `value`. */
function outputsOf(outputs: BareRecording['outcome']['outputs']): ReadonlyMap<string, string | number | boolean> {
  const fields = typeof outputs === 'object' && !Array.isArray(outputs) ? (outputs ?? {}) : { value: outputs }
  const known = Object.entries(fields).filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value))
  return new Map(known as [string, string | number | boolean][])
}

const VALUES: { readonly [N in ViewName]: (replayed: Replayed) => unknown } = {
  attributes: ({ trimmed }) => new Map(Object.entries(trimmed.recording.attributes ?? {})),
  recorded_settings: ({ trimmed }) => new Map(Object.entries(trimmed.prepared.recording.settings)),
  // Not as it is recorded: what was said of the run stands in it, too.
  outcome({ trimmed }) {
    const { status, must_refuse, refused } = trimmed.recording.outcome
    return { status, must_refuse, refused }
  },
  outputs: ({ trimmed }) => outputsOf(trimmed.recording.outcome.outputs),
  // What was said of the recorded run is said of no other.
  label(replayed) {
    if (outcomeIsLost(replayed)) return {}
    const { passed, score } = labelOf(replayed.trimmed.recording)
    return { passed, score }
  },
  actions({ trimmed }) {
    const { name, writes, confirmed, correct } = trimmed.recording.actions
    return name.map(
      (tool, i): Item => ({ name: tool, writes: writes[i]!, confirmed: confirmed[i]!, correct: correct[i]! }),
    )
  },
  arguments({ trimmed: { recording }, ungrounded }) {
    const lost = new Set(ungrounded)
    return recording.needs.name.map(
      (name, need): Item => ({
        action: recording.actions.name[recording.needs.action[need]!]!,
        name,
        readable: !lost.has(need),
      }),
    )
  },
  approvals({ trimmed: { recording, asked }, bypassed }) {
    const { gate, action, amount, granted } = recording.approvals
    const skipped = new Set(bypassed)
    return gate.map(
      (name, i): Item => ({
        gate: name,
        action: recording.actions.name[action[i]!] ?? null,
        amount: amount[i]!,
        asked: asked[i] === 1,
        skipped: skipped.has(i),
        granted: granted[i]!,
      }),
    )
  },
  context({ trimmed: { recording, rendered, equal } }) {
    const { ref, bucket, source, hop, tokens, gold, required } = recording.evidence
    const kept = new Set(rendered.kept)
    const items = ref.map(
      (name, i): Item => ({
        ref: name,
        bucket: bucket[i]!,
        source: source[i]!,
        hop: hop[i]!,
        tokens: tokens[i]!,
        gold: gold[i] === 1,
        required: required[i] === 1,
        kept: kept.has(i),
      }),
    )
    return {
      items,
      kept: Array.from(rendered.kept, (i) => items[i]!),
      dropped: items.filter((item) => !item.kept),
      tokens: rendered.keptTokens,
      as_recorded: equal,
    }
  },
  decided_as_recorded: (replayed) => !outcomeIsLost(replayed),
  tokens: ({ tokens }) => tokens,
  cents: ({ cents }) => cents,
}
