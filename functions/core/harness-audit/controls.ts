/** The 44 controls of the eight-property harness audit (contextosai/skills, checklist.md, MIT): number, name, severity, property. */

export const PROPERTIES = [
  'context-aware',
  'policy-governed',
  'tool-controlled',
  'validated',
  'observable',
  'reversible',
  'measurable',
  'continuously improving',
] as const
type Property = (typeof PROPERTIES)[number]

export interface Control {
  readonly n: number
  readonly name: string
  readonly severity: 'P0' | 'P1'
  readonly property: Property
}

const of = (n: number, name: string, severity: Control['severity'], property: Property): Control => ({
  n,
  name,
  severity,
  property,
})

export const CONTROLS: readonly Control[] = [
  of(1, 'agent charter', 'P0', 'policy-governed'),
  of(2, 'autonomy boundary', 'P0', 'policy-governed'),
  of(3, 'intent taxonomy', 'P1', 'observable'),
  of(4, 'planner and executor apart', 'P0', 'reversible'),
  of(5, 'source registry', 'P0', 'context-aware'),
  of(6, 'context compiler', 'P0', 'context-aware'),
  of(7, 'grounding', 'P1', 'context-aware'),
  of(8, 'context budget', 'P1', 'context-aware'),
  of(9, 'memory read', 'P0', 'context-aware'),
  of(10, 'memory write', 'P0', 'context-aware'),
  of(11, 'contradiction', 'P1', 'context-aware'),
  of(12, 'policy engine', 'P0', 'policy-governed'),
  of(13, 'data classification', 'P0', 'policy-governed'),
  of(14, 'privacy', 'P0', 'policy-governed'),
  of(15, 'tool manifest', 'P0', 'tool-controlled'),
  of(16, 'tool gateway', 'P0', 'tool-controlled'),
  of(17, 'tool risk class', 'P0', 'tool-controlled'),
  of(18, 'identity', 'P0', 'tool-controlled'),
  of(19, 'secrets', 'P0', 'tool-controlled'),
  of(20, 'network and sandbox', 'P0', 'tool-controlled'),
  of(21, 'human approval', 'P0', 'policy-governed'),
  of(22, 'escalation', 'P1', 'measurable'),
  of(23, 'state machine', 'P1', 'reversible'),
  of(24, 'idempotency', 'P0', 'reversible'),
  of(25, 'durable execution', 'P1', 'reversible'),
  of(26, 'offline evaluations', 'P0', 'validated'),
  of(27, 'trajectory scoring', 'P1', 'validated'),
  of(28, 'online validation', 'P0', 'validated'),
  of(29, 'red team', 'P0', 'validated'),
  of(30, 'tracing', 'P0', 'observable'),
  of(31, 'telemetry', 'P1', 'observable'),
  of(32, 'cost and latency', 'P1', 'measurable'),
  of(33, 'model routing', 'P1', 'measurable'),
  of(34, 'fallback', 'P1', 'measurable'),
  of(35, 'release tuple', 'P0', 'reversible'),
  of(36, 'replayability', 'P0', 'reversible'),
  of(37, 'rollback', 'P0', 'reversible'),
  of(38, 'incident', 'P0', 'continuously improving'),
  of(39, 'business outcome', 'P1', 'measurable'),
  of(40, 'improvement loop', 'P1', 'continuously improving'),
  of(41, 'object scope', 'P0', 'tool-controlled'),
  of(42, 'outbound disclosure', 'P0', 'policy-governed'),
  of(43, 'inter-agent policy', 'P0', 'policy-governed'),
  of(44, 'honest failure', 'P1', 'validated'),
]

/** In which order gaps are repaired, as upstream says; all others follow by number. */
export const REPAIR_ORDER: readonly number[] = [1, 6, 12, 18, 41, 43, 30, 35, 40]
