/** What a recording covers: a change of something that it does not hold was never put to the test by it. */
import type { Settings } from '#schemas/common.ts'
import { rulesOf } from '#schemas/compile-rules.ts'
import { layerBit, PLACE } from '#schemas/need-places.ts'
import type { PreparedRecording, Rendered } from './prepare.ts'
import { render } from './render.ts'
import { type ChangedSetting, planOf, type SettingsPlan } from './settings-plan.ts'
import type { BareRecording } from './slim.ts'

/**
 * The first changed setting whose bucket or gate does not stand in a recording, in words; null: all of them do. What the
 * baseline has too and no candidate changes is not looked at.
 */
export function uncovered(recording: BareRecording, plan: SettingsPlan, baseline: Settings): string | null {
  if (plan.settings === baseline || rulesOf(recording) < 2) return null
  for (const change of plan.changes(baseline)) {
    const reason = whyUncovered(recording, change)
    if (reason !== null) return reason
  }
  return null
}

function whyUncovered(recording: BareRecording, { path, value, trims }: ChangedSetting): string | null {
  if (trims === null) return null
  const { layer, name, field } = trims
  if (layer === 'retrieval' || field === 'evidence_tokens') {
    const isRecorded = name === null ? hasAny(recording.offers) : Object.hasOwn(recording.offers, name)
    if (isRecorded) return field === 'evidence_tokens' ? splitEvidence(recording, path, value) : null
    return notThere(path, value, name === null ? 'a bucket' : `the bucket "${name}"`)
  }
  if (layer !== 'approval_gate') return null
  const { approvals, gates } = recording
  const isWatched =
    name === null
      ? approvals.gate.length > 0 || (gates !== undefined && gates.length > 0)
      : approvals.gate.includes(name) || gates?.includes(name)
  return isWatched ? null : notThere(path, value, name === null ? 'a gate' : `the gate "${name}"`)
}

const notThere = (path: string, value: unknown, what: string): string =>
  `${path} ${value}: ${what} stands in no recording`

/**
 * Why a placed case says nothing of what its settings cut away: a value of some action stands nowhere in the record, and what
 * is cut was not recorded as text, so that it could have held that value. null: nothing of the kind.
 */
export function cutsUnread(prepared: PreparedRecording, rendered: Rendered, baseline: Settings): string | null {
  const { recording } = prepared
  const { untraced } = recording
  if (!untraced || rendered.plan.settings === baseline) return null
  const lost = (place: number) => {
    const at = untraced.unread.findIndex((layers) => layers & layerBit(place))
    return at < 0
      ? null
      : `${recording.actions.name[untraced.action[at]!]}: argument ${untraced.name[at]} stands nowhere`
  }
  const before = planOf(baseline, rulesOf(recording))
  const { plan } = rendered
  const ofTools = plan.toolTokens < before.toolTokens ? lost(PLACE.tool) : null
  if (ofTools)
    return `${ofTools}, and tool output that budget.tool_tokens ${plan.toolTokens} cuts was not recorded as text`
  const ofTurns = plan.memoryTokens < before.memoryTokens ? lost(PLACE.memory) : null
  if (ofTurns)
    return `${ofTurns}, and dialogue that budget.memory_tokens ${plan.memoryTokens} cuts was not recorded as text`
  const ofEvidence = recording.evidence.unread ? lost(PLACE.evidence) : null
  if (!ofEvidence) return null
  const kept = new Set(rendered.kept)
  const stood = render(prepared, before).kept.find((i) => !kept.has(i) && recording.evidence.unread!.includes(i))
  return stood === undefined
    ? null
    : `${ofEvidence}, and ${recording.evidence.ref[stood]} of bucket "${recording.evidence.bucket[stood]}", which is cut, was recorded without its text`
}

function hasAny(table: object): boolean {
  for (const _ in table) return true
  return false
}

/** One budget over passages of several contexts: how the harness would share it out was never recorded. */
function splitEvidence({ evidence }: BareRecording, path: string, value: unknown): string | null {
  const agents = evidence.agents
  if (!agents || new Set(agents.flat()).size < 2) return null
  return `${path} ${value}: the passages stand in the contexts of several agents`
}
