/** What the fields of an experience run must say together. Apart from their shapes, which stand in experience-run.ts. */

type Agent = string | null | undefined

/** What is read of a run here: the shapes that import this file are checked before. */
interface RunParts {
  readonly evidence: readonly {
    readonly evidence_ref: string
    readonly bucket: string
    readonly hop: number
    readonly hops?: readonly number[] | undefined
    readonly tokens: number | null
    readonly text: string | null
  }[]
  readonly offers: Readonly<Record<string, unknown>>
  readonly steps: readonly StepParts[]
}
interface StepParts {
  readonly kind: string
  readonly agent?: Agent
  readonly tool_call_id?: string | null
  readonly from_call?: number | undefined
  readonly prompt_tokens?: number | null
  readonly completion_tokens?: number | null
  readonly cached_prompt_tokens?: number | undefined
  readonly cache_write_tokens?: number | undefined
  readonly reasoning_tokens?: number | undefined
}

/** A rule that a run breaks: which field, and what to do about it. */
interface RunIssue {
  readonly path: (string | number)[]
  readonly message: string
}

/** Everything about a run of the right shape that cannot be true, in the order of its fields. */
export function issuesOfRun(run: RunParts): RunIssue[] {
  return [...offerIssues(run), ...stepIssues(run)]
}

function* offerIssues({ evidence, offers }: RunParts): Generator<RunIssue> {
  const seen = new Set<string>()
  for (const [i, offer] of evidence.entries()) {
    if (seen.has(offer.evidence_ref))
      yield { path: ['evidence', i, 'evidence_ref'], message: `"${offer.evidence_ref}" is offered twice` }
    seen.add(offer.evidence_ref)
    if (offer.tokens === null && offer.text === null)
      yield { path: ['evidence', i], message: 'an offer needs its tokens or its text' }
    if (!offers[offer.bucket])
      yield { path: ['offers'], message: `bucket "${offer.bucket}" is offered but has no recorded depth` }
    if (offer.hops && (offer.hops[0] !== offer.hop || offer.hops.some((hop, at, all) => at > 0 && hop <= all[at - 1]!)))
      yield {
        path: ['evidence', i, 'hops'],
        message: `hops are listed once, ascending, and begin with hop ${offer.hop}`,
      }
  }
}

function* stepIssues({ steps }: RunParts): Generator<RunIssue> {
  const agentOfTool = new Map<string | null | undefined, string | null>()
  const agentOfCall: (string | null)[] = []
  for (const [i, step] of steps.entries()) {
    const issue = (field: string, message: string): RunIssue => ({ path: ['steps', i, field], message })
    const agent = step.agent ?? null
    if (step.kind === 'model_call') {
      agentOfCall.push(agent)
      const { prompt_tokens: input = null, completion_tokens: output = null } = step
      const cached = (step.cached_prompt_tokens ?? 0) + (step.cache_write_tokens ?? 0)
      if (input !== null && cached > input)
        yield issue('prompt_tokens', `${input} tokens cannot hold ${cached} of a cache: count the whole input`)
      if (output !== null && (step.reasoning_tokens ?? 0) > output)
        yield issue(
          'completion_tokens',
          `${output} tokens cannot hold ${step.reasoning_tokens} of reasoning: count both`,
        )
    }
    if (step.kind === 'tool_call') {
      if (agentOfTool.has(step.tool_call_id)) yield issue('tool_call_id', `"${step.tool_call_id}" is called twice`)
      if (step.from_call !== undefined) {
        if (step.from_call >= agentOfCall.length)
          yield issue('from_call', `only ${agentOfCall.length} model calls stand before it`)
        else if (step.agent !== undefined && agentOfCall[step.from_call] !== agent)
          yield issue('from_call', `model call ${step.from_call} is one of another agent`)
      }
      agentOfTool.set(step.tool_call_id, agentOfCall[step.from_call ?? -1] ?? agent)
    }
    if (step.kind === 'tool_result') {
      if (!agentOfTool.has(step.tool_call_id))
        yield issue('tool_call_id', `a result for "${step.tool_call_id}", which no earlier step called`)
      else if (step.agent !== undefined && agentOfTool.get(step.tool_call_id) !== agent)
        yield issue('agent', `the result belongs to the agent that called "${step.tool_call_id}"`)
    }
  }
}
