/** Planner and tool transport of an industrial agent, replayed by looking up the recorded arm. Both cohorts pooled. */
import { SMARTGRID_TOOLS } from '../allowed-tools.ts'
import { smartgridRuns } from '../prepare/smartgrid-runs.ts'
import { evaluator, type RealCase, type RealRun, shipping, tuple } from '../real-case.ts'

const INTENT = 'smartgrid'
const DECOMPOSE = 'planner.decompose_before_tool'
const PREFERENCE = 'planner.tool_preference'

interface Arm {
  /** Letter of the arm in the recorded experiment. */
  readonly arm: string
  readonly baseline: { readonly [DECOMPOSE]: string; readonly [PREFERENCE]: string }
  /** What each field may become; a field that is not named stays. */
  readonly open: Readonly<Partial<Record<typeof DECOMPOSE | typeof PREFERENCE, string[]>>>
}

function fromArm({ arm, baseline, open }: Arm): RealRun {
  const refs = tuple(`smartgrid_${arm}`)
  const surface = (field: 'decompose_before_tool' | 'tool_preference') => {
    const allowed = open[`planner.${field}`]
    if (!allowed) return []
    const path = `planner.${field}`
    return [{ layer: 'planner' as const, field, path, bounds: { allowed }, intents: [INTENT], owner: 'grid-agents' }]
  }
  const surfaces = [...surface('decompose_before_tool'), ...surface('tool_preference')]
  return {
    run_id: `real_planner_arms_${arm}`,
    records: smartgridRuns,
    map: 'harness-arms',
    prices: null,
    splitKey: null,
    pack: {
      pack: refs.pack,
      settings: { ...baseline },
      intents: [{ intent_id: INTENT, risk_class: 'local_write', owner: 'grid-agents' }],
      tunable_surfaces: surfaces,
    },
    suite: {
      suite: refs.evals,
      evaluators: [
        evaluator({
          evaluator_id: 'own_tools_only',
          kind: 'rule',
          check: 'allowed_tools',
          dimension: 'policy',
          tools: [...SMARTGRID_TOOLS],
        }),
        evaluator({
          evaluator_id: 'grounded',
          kind: 'rule',
          check: 'grounded_arguments',
          dimension: 'safety',
          never_grounded: 'ignore',
        }),
        // The recorded agents made up ids and time spans.
        evaluator({
          evaluator_id: 'never_guessed',
          kind: 'rule',
          check: 'grounded_arguments',
          dimension: 'safety',
          never_grounded: 'fail',
          role: 'report',
        }),
        evaluator({ evaluator_id: 'judge', kind: 'judge', check: 'recorded_score', dimension: 'utility' }),
        evaluator({
          evaluator_id: 'clock',
          kind: 'business',
          check: 'latency_ms',
          dimension: 'latency',
          role: 'report',
        }),
      ],
    },
    target: {
      intent: INTENT,
      metric: 'utility',
      direction: 'increase',
      baseline_tuple: refs,
      guardrails: { policy: { min: 1 }, safety: { min: 1 }, p95_latency_delta: { max_ms: 250 } },
      not_measured: {
        economics: 'the planning arms record no usage',
        approval: 'the runs record no approvals',
      },
      search_space: surfaces.map((s) => s.path),
      visible_data: { search_set: `goldens/${INTENT}/search` },
      ...shipping(refs.pack),
      // One family of nine calls its tools with values that stand in nothing recorded, another one lost what one call passed.
      scoring: { replayer: 'transcript', max_not_recorded: 0.24 },
    },
  }
}

export const plannerArms: RealCase = {
  name: 'planner-arms',
  about: 'planner and tool transport of an industrial agent, from its plain arm A and from its planning arm Y',
  runs: [
    fromArm({
      arm: 'a',
      baseline: { [DECOMPOSE]: 'none', [PREFERENCE]: 'direct' },
      open: {
        [DECOMPOSE]: ['none', 'plan_execute', 'verified'],
        [PREFERENCE]: ['direct', 'mcp', 'mcp_optimized'],
      },
    }),
    fromArm({
      arm: 'y',
      baseline: { [DECOMPOSE]: 'plan_execute', [PREFERENCE]: 'mcp' },
      open: { [DECOMPOSE]: ['plan_execute', 'self_ask_plan_execute'] },
    }),
  ],
}
