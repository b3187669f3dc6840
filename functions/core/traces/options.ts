/** What whoever imports traces says beside them: nothing of this is ever inferred. */
import { EVALUATION_PATHS } from './evaluated-arm.ts'

/** How a named score becomes a label: a bare name takes it as it is, a rule compares it. */
export interface ScoreRule {
  readonly name: string
  /** Who gave it, where whoever imports says so; null: as the trace does. */
  readonly kind: 'human' | 'judge' | 'rule' | 'business' | null
  readonly rule:
    | { readonly op: '>=' | '>' | '<=' | '<'; readonly value: number }
    | { readonly op: '='; readonly value: string }
    | null
}

/** Fields of a run that only an attribute named by the user fills. */
export const TAGS = [
  'pack_version',
  'policy_bundle_version',
  'tool_manifest_version',
  'evaluator_suite_version',
  'model_profile_version',
  'prompt_version',
  'memory_schema_version',
  'release_tuple_id',
  'decision_record_id',
] as const
export type Tag = (typeof TAGS)[number]

export interface TraceOptions {
  /** One run a trace, or all traces of a session as one. */
  readonly unit: 'trace' | 'session'
  /** `session`, `user`, `trace`, or the path of a field. */
  readonly family: string
  /** A name, or the path of a field (it holds a dot); null: the agent's, workflow's or root's name. */
  readonly intent: string | null
  readonly scores: readonly ScoreRule[]
  readonly writes: ReadonlySet<string>
  readonly corrections: ReadonlySet<string>
  readonly tags: ReadonlyMap<Tag, string>
}

export const DEFAULT_OPTIONS: TraceOptions = {
  unit: 'trace',
  family: 'session',
  intent: null,
  scores: [],
  writes: new Set(),
  corrections: new Set(),
  tags: new Map(),
}

const isPath = (text: string): boolean => text.includes('.')

/** The path that `--family` or `--intent` names, where it names one. */
export const pathOf = (said: string | null): string | null => (said !== null && isPath(said) ? said : null)

/** Every path whose values are wanted with the spans: those that were named, and the arm of a rollout. */
export const pathsOf = ({ family, intent, tags }: TraceOptions): string[] => [
  ...[pathOf(family), pathOf(intent), ...tags.values()].filter((path) => path !== null),
  ...EVALUATION_PATHS,
]

const RULE = /^([^=<>]+)(>=|<=|>|<|=)(.+)$/

const KIND = /^(human|judge|rule|business):(.+)$/

/** `[KIND:]NAME`, `NAME=LABEL`, `NAME>=0.5` ... Null: it is no such rule. */
export function scoreRule(text: string): ScoreRule | null {
  const [, said, named = text] = KIND.exec(text) ?? []
  const kind = (said ?? null) as ScoreRule['kind']
  const parts = RULE.exec(named)
  if (!parts) return /[<>=]/.test(named) || named.trim() === '' ? null : { name: named.trim(), kind, rule: null }
  const [, name, op, value] = parts as unknown as [string, string, string, string]
  // `a=>1` is a slip of the pen for `a>=1`, not a label.
  if (op === '=') return /^[<>=]/.test(value) ? null : { name: name.trim(), kind, rule: { op, value: value.trim() } }
  const limit = Number(value)
  const isLimit = Number.isFinite(limit) && value.trim() !== ''
  return isLimit ? { name: name.trim(), kind, rule: { op: op as '>=', value: limit } } : null
}
