/** What of a run was not recorded as text: it stood in a context, and nobody can say what a cut takes away. */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Placed } from './needs.ts'

type Steps = ExperienceRun['steps']

/** Results without content, and calls whose result was not recorded at all: it was read right after them. */
export function unreadResults(steps: Steps, agents: ReadonlyMap<string, string | null> | null): Placed[] {
  const answered = new Set(steps.flatMap((s) => (s.kind === 'tool_result' ? [s.tool_call_id] : [])))
  return steps.flatMap((s, at) =>
    (s.kind === 'tool_result' && s.content === null) || (s.kind === 'tool_call' && !answered.has(s.tool_call_id))
      ? [{ at, agents: agents ? [agents.get(s.tool_call_id) ?? null] : undefined }]
      : [],
  )
}

/** Messages of which parts were left out; a dialogue of which nothing was recorded stood before everything else. */
export function unreadTurns(steps: Steps): Placed[] {
  if (!steps.some((s) => s.kind === 'message' && s.role !== 'system')) return [{ at: -1 }]
  return steps.flatMap((s, at) => (s.kind === 'message' && s.omitted ? [{ at, agents: undefined }] : []))
}
