/** What cannot be right with the scores of one's own that a rollout configuration declares. */
import { isOwnMetric } from './metrics.ts'
import type { StageGate } from './stage-config.ts'
import { STAGES } from './stages.ts'

type Direction = 'decrease' | 'increase'

/** What is looked at of a configuration. */
interface Declared {
  readonly own_score?: { readonly metric: string; readonly direction: Direction } | undefined
  readonly own_scores?: Readonly<Record<string, { readonly direction: Direction }>> | undefined
  readonly stages: Readonly<Record<(typeof STAGES)[number], { readonly gate: StageGate }>>
  readonly window: { readonly gate: StageGate; readonly metric: string; readonly direction: Direction }
}

interface Issue {
  readonly path: string[]
  readonly message: string
}

/** Every gate names what is declared and nothing else, and where better lies is said once. */
export function ownScoreIssues(config: Declared): Issue[] {
  const { own_score: one, own_scores: several, window } = config
  if (one !== undefined && several !== undefined)
    return [{ path: ['own_score'], message: `stands beside own_scores: name ${one.metric} there, with the others` }]
  const gates = [
    ...STAGES.map((stage) => ({ path: ['stages', stage, 'gate'], gate: config.stages[stage].gate })),
    { path: ['window', 'gate'], gate: window.gate },
  ]
  return [
    ...gates.flatMap(({ path, gate }) => gateIssues(config, path, gate)),
    ...(one === undefined ? [] : gainIssues(['own_score'], { [one.metric]: one }, window)),
    ...(several === undefined ? [] : gainIssues(['own_scores'], several, window)),
  ]
}

function gateIssues({ own_score: one, own_scores: several = {} }: Declared, path: string[], gate: StageGate): Issue[] {
  const issues: Issue[] = []
  const compare = (at: string[], declared: boolean, gates: boolean, where: string) => {
    if (declared === gates) return
    const message = gates
      ? `gates a score that is not declared: name it in ${where}, with direction and max_worse`
      : `is missing: ${where} is declared, so every gate says how much worse it may be (null: it does not gate)`
    issues.push({ path: [...path, ...at], message })
  }
  compare(['own_score'], one !== undefined, gate.own_score !== undefined, 'own_score')
  const named: Readonly<Record<string, unknown>> = gate.own_scores ?? {}
  for (const metric of new Set([...Object.keys(several), ...Object.keys(named)]))
    compare(['own_scores', metric], Object.hasOwn(several, metric), Object.hasOwn(named, metric), 'own_scores')
  return issues
}

function gainIssues(
  path: readonly ['own_score'] | readonly ['own_scores'],
  declared: Readonly<Record<string, { readonly direction: Direction }>>,
  { metric, direction }: Declared['window'],
): Issue[] {
  if (!isOwnMetric(metric)) return []
  const [at] = path
  const own = declared[metric]
  if (own === undefined)
    return at === 'own_score'
      ? [
          {
            path: [at, 'metric'],
            message: `is ${Object.keys(declared)[0]}, and the window gains by ${metric}: declare both in own_scores`,
          },
        ]
      : [{ path: [at, metric], message: `is missing: the window gains by ${metric}` }]
  if (own.direction === direction) return []
  return [
    {
      path: at === 'own_score' ? [at, 'direction'] : [at, metric, 'direction'],
      message: `is ${own.direction}, and the window gains where ${metric} does the opposite: say where better lies once`,
    },
  ]
}
