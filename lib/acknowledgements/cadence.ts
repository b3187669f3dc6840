/** Findings of the security rules that stand in the routine, each with its reason. */
import {
  type Acknowledgement,
  below,
  EXECUTIONS,
  executionsOf,
  HEADS,
  inExperience,
  inVault,
  LINES,
  type Row,
  TRACES,
  WHOLE_VAULT,
  wildcard,
} from './acknowledge.ts'

const ROUTINE_FILES =
  'days, intents and ids of runs do not exist at synthesis; each function is given the kinds of file that it reads or adds'

/** Key patterns of the experience bucket by the function that is given them. */
const KEY_PATTERNS: Readonly<Record<string, readonly string[]>> = {
  PlanDays: ['cadence/daily/*', 'packs/*'],
  SliceIntent: ['cadence/*', 'cadence/rows/*', 'experience/*', 'packs/*', 'production/*'],
  JudgeDays: [
    'autotune/runs/*/manifest.json',
    'autotune/runs/*/refusal.json',
    'autotune/runs/*/target.json',
    'cadence/*',
    'cadence/bands/*',
    'cadence/daily/*',
  ],
}

const LOOKING_BACK = ['autotune/runs/*', 'cadence/*', 'experience/*', 'packs/*', 'production/*']

/** The same of what looks back on weeks and quarters. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  ReviewWeek: [...LOOKING_BACK, 'cadence/weekly/*', 'scars/*'],
  ReviewQuarter: [...LOOKING_BACK, 'cadence/quarterly/*'],
}

/** Under the sealer's role, and what they are given together. */
const SEALED_PATTERNS = [
  'autotune/runs/*/manifest.json',
  'autotune/work/*/request.json',
  'cadence/resplit/*',
  'experience/*',
  'experience/index/*',
  'experience/links/*',
  'packs/*',
]

const ROWS: readonly Row[] = [
  ...Object.entries({ ...KEY_PATTERNS, ...LOOKS }).flatMap(([f, patterns]) =>
    patterns.map((p) => [`${f}/Policy/Resource`, inExperience(p), ROUTINE_FILES] as const),
  ),
  ...SEALED_PATTERNS.map((p) => ['SealerRights/Resource', inExperience(p), ROUTINE_FILES] as const),
  ['LogClearerLogs/Resource', inExperience('production/*'), ROUTINE_FILES],
  ...['Sealer', 'LogClearer'].map((id) => [`${id}Vault/Resource`, inVault('*'), WHOLE_VAULT] as const),
  ['SealerHeads/Resource', HEADS, LINES],
  ...['DailyWorkflow', 'WeeklyWorkflow', 'QuarterlyWorkflow'].map(
    (machine) => [`${machine}Role/DefaultPolicy/Resource`, wildcard('*'), TRACES] as const,
  ),
  ...['', '/SliceIntents'].map(
    (map) =>
      ['DailyWorkflowMapRights/Resource', executionsOf('CadenceDailyWorkflowD3C45B13', map), EXECUTIONS] as const,
  ),
]

/** Of the routine; there is none without the context value `bands`. */
export const CADENCE_ACKNOWLEDGEMENTS: readonly Acknowledgement[] = below('Workflow/Cadence', ROWS)
