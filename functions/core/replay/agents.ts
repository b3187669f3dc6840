/** Whose context an action reads: that of its own agent, before the model call that chose it. */
import type { ExperienceRun } from '#schemas/experience-run.ts'

type Steps = ExperienceRun['steps']

/** The sub-agent of a step; null: the root. */
export const agentOf = (step: Steps[number]): string | null => step.agent ?? null

/** Does any step of a run belong to a sub-agent? */
export const hasAgents = (steps: Steps): boolean => steps.some((step) => agentOf(step) !== null)

/** Where the context of a tool call ends, and whose it is. */
export interface ReadContext {
  /** Step of the model call that chose it; its own step where none stands before it. */
  readonly step: number
  readonly agent: string | null
}

/** Context of each tool call, in their order. Calls that one model call chose share it, wherever their results stand. */
export function readContexts(steps: Steps): ReadContext[] {
  const calls: ReadContext[] = []
  const lastOf = new Map<string | null, number>()
  const contexts: ReadContext[] = []
  for (const [at, step] of steps.entries()) {
    const agent = agentOf(step)
    if (step.kind === 'model_call') {
      calls.push({ step: at, agent })
      lastOf.set(agent, at)
    }
    if (step.kind !== 'tool_call') continue
    const chosen = step.from_call === undefined ? undefined : calls[step.from_call]
    contexts.push(chosen ?? { step: lastOf.get(agent) ?? at, agent })
  }
  return contexts
}

/** Agent whose context a tool result stands in: the one that called. */
export function agentsOfResults(steps: Steps): ReadonlyMap<string, string | null> {
  const contexts = readContexts(steps)
  let next = 0
  return new Map(steps.flatMap((s) => (s.kind === 'tool_call' ? [[s.tool_call_id, contexts[next++]!.agent]] : [])))
}

/**
 * Agents in whose context each offer stood: those whose retrieval asked its bucket in one of its hops. Where no retrieval is
 * recorded, every agent of the run.
 */
export function agentsOfOffers({ evidence, steps }: ExperienceRun): (string | null)[][] {
  const everybody = [...new Set(steps.filter((s) => s.kind === 'model_call' || s.kind === 'tool_call').map(agentOf))]
  return evidence.map((offer) => {
    const hops = offer.hops ?? [offer.hop]
    const asked = steps.flatMap((s) =>
      s.kind === 'retrieval' && s.bucket === offer.bucket && hops.includes(s.hop) ? [agentOf(s)] : [],
    )
    return asked.length > 0 ? [...new Set(asked)] : everybody
  })
}
