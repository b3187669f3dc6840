/** The fields and layers of tunable surfaces, apart from their contract: a replay loads no schema library. */

/**
 * Every field that a surface may open, one line each: its layer, and whether replay can apply it by trimming what was
 * recorded (otherwise only another recording can answer; DESIGN 4).
 */
export const SURFACE_FIELDS = {
  top_k: { layer: 'retrieval', trims: true },
  max_hops: { layer: 'retrieval', trims: true },
  source_priority: { layer: 'retrieval', trims: true },
  evidence_tokens: { layer: 'context_budget', trims: true },
  memory_tokens: { layer: 'context_budget', trims: true },
  tool_tokens: { layer: 'context_budget', trims: true },
  tool_preference: { layer: 'planner', trims: false },
  decompose_before_tool: { layer: 'planner', trims: false },
  instruction_block: { layer: 'prompt', trims: false },
  threshold: { layer: 'approval_gate', trims: true },
} as const

type Fields = typeof SURFACE_FIELDS
/** Name of a field, the last word of its path. */
export type SurfaceField = keyof Fields

/**
 * The article's five layers, closed, in the order in which they should be tuned; prompt and approval come last. Weight of a
 * field of that layer in the blast radius where its surface declares none.
 */
export const LAYER_WEIGHTS = { retrieval: 1, context_budget: 1, planner: 1, prompt: 2, approval_gate: 4 } as const
/** Name of a layer. */
export type Layer = keyof typeof LAYER_WEIGHTS

/** Names of the layers, in the article's order. */
export const LAYERS = Object.keys(LAYER_WEIGHTS) as [Layer, ...Layer[]]

type FieldOf<L extends Layer> = { [F in SurfaceField]: Fields[F]['layer'] extends L ? F : never }[SurfaceField]

/** Fields of a layer, in the order of the table. */
export const fieldsOf = <L extends Layer>(layer: L): [FieldOf<L>, ...FieldOf<L>[]] =>
  (Object.keys(SURFACE_FIELDS) as SurfaceField[]).filter((f) => SURFACE_FIELDS[f].layer === layer) as [
    FieldOf<L>,
    ...FieldOf<L>[],
  ]
