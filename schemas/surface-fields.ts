/** The fields and layers of tunable surfaces, apart from their contract: a replay loads no schema library. */

/**
 * Every field that a surface may open, one line each: its layer, whether replay can apply it by trimming what was
 * recorded (otherwise only another recording can answer; DESIGN 4), and what its values are.
 */
export const SURFACE_FIELDS = {
  top_k: { layer: 'retrieval', trims: true, value: 'count' },
  max_hops: { layer: 'retrieval', trims: true, value: 'count' },
  source_priority: { layer: 'retrieval', trims: true, value: 'text' },
  evidence_tokens: { layer: 'context_budget', trims: true, value: 'count' },
  memory_tokens: { layer: 'context_budget', trims: true, value: 'count' },
  tool_tokens: { layer: 'context_budget', trims: true, value: 'count' },
  tool_preference: { layer: 'planner', trims: false, value: 'text' },
  decompose_before_tool: { layer: 'planner', trims: false, value: 'text' },
  instruction_block: { layer: 'prompt', trims: false, value: 'text' },
  threshold: { layer: 'approval_gate', trims: true, value: 'amount' },
} as const

type Fields = typeof SURFACE_FIELDS
/** Name of a field, the last word of its path. */
export type SurfaceField = keyof Fields

/** Most characters of a text that is a setting's value. */
export const MOST_TEXT = 20_000

/**
 * The article's five layers, closed, in the order in which they should be tuned; prompt and approval come last. Weight of a
 * field of that layer in the blast radius where its surface declares none.
 */
export const LAYER_WEIGHTS = { retrieval: 1, context_budget: 1, planner: 1, prompt: 2, approval_gate: 4 } as const
/** Name of a layer. */
export type Layer = keyof typeof LAYER_WEIGHTS

/** Names of the layers, in the article's order. */
export const LAYERS = Object.keys(LAYER_WEIGHTS) as [Layer, ...Layer[]]

/**
 * Can a change of a layer make a check fail? `any`: every replayer can show it. `decides`: only where something is decided
 * anew, which a trimmed transcript never does and a harness of the user's own may. `never`: no replay shows it.
 */
export type Breaks = 'any' | 'decides' | 'never'

/** The same of each layer, in the order of `LAYERS`: retrieval, context budget, planner, prompt, approval gate. */
export type BreaksRow = readonly [Breaks, Breaks, Breaks, Breaks, Breaks]

type FieldOf<L extends Layer> = { [F in SurfaceField]: Fields[F]['layer'] extends L ? F : never }[SurfaceField]

/** Fields of a layer, in the order of the table. */
export const fieldsOf = <L extends Layer>(layer: L): [FieldOf<L>, ...FieldOf<L>[]] =>
  (Object.keys(SURFACE_FIELDS) as SurfaceField[]).filter((f) => SURFACE_FIELDS[f].layer === layer) as [
    FieldOf<L>,
    ...FieldOf<L>[],
  ]

/**
 * How the paths of a layer are written that a replay applies by trimming: its first word, what may be named between that and
 * the field, and an example. Paths of the other layers are free: only another recording answers for them.
 */
const TRIMMED_PATHS = {
  retrieval: { root: 'evidence', names: 'bucket', form: 'evidence.FIELD or evidence.BUCKET.FIELD' },
  context_budget: { root: 'budget', names: null, form: 'budget.FIELD' },
  approval_gate: { root: 'approval', names: 'gate', form: 'approval.FIELD or approval.GATE.FIELD' },
} as const
type TrimmedLayer = keyof typeof TRIMMED_PATHS

/** A setting path that a replay applies by trimming. `name`: its bucket or gate; null: all of them. */
export interface TrimmedPath {
  readonly layer: TrimmedLayer
  readonly field: SurfaceField
  readonly name: string | null
}

/**
 * What a path trims, by its layer and field; null: nothing. The last word alone says nothing: a threshold of a moderation
 * filter is no approval threshold.
 */
export function trimmedPath(path: string): TrimmedPath | null {
  const words = path.split('.')
  const last = words.at(-1)!
  if (!Object.hasOwn(SURFACE_FIELDS, last)) return null
  const field = last as SurfaceField
  const layer = SURFACE_FIELDS[field].layer
  if (!Object.hasOwn(TRIMMED_PATHS, layer)) return null
  const { root, names } = TRIMMED_PATHS[layer as TrimmedLayer]
  if (words[0] !== root || words.length < 2 || words.length > (names === null ? 2 : 3)) return null
  return { layer: layer as TrimmedLayer, field, name: words.length === 3 ? words[1]! : null }
}

/** Why a path is none of a layer, and what to do; null: it is one, or the layer's paths are free. */
export function pathProblem(layer: Layer, path: string): string | null {
  if (!Object.hasOwn(TRIMMED_PATHS, layer) || trimmedPath(path)?.layer === layer) return null
  const { form } = TRIMMED_PATHS[layer as TrimmedLayer]
  const what = { retrieval: 'a retrieval', context_budget: 'a budget', approval_gate: 'an approval' }[
    layer as TrimmedLayer
  ]
  return `"${path}" is no path of the layer ${layer}: ${what} path is ${form}. Nothing that was recorded says what another value of it would do: take this surface out and leave the setting as it is`
}

const VALUES = {
  count: {
    holds: (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0,
    is: 'a whole number from 0',
  },
  amount: { holds: (value: unknown) => Number.isFinite(value), is: 'a number' },
  text: { holds: (value: unknown) => typeof value === 'string', is: 'a text' },
} as const

/** Why a value cannot be that of a field; null: it can. A replay passes over a value of another type: nothing would be trimmed. */
export function valueProblem(field: SurfaceField, value: unknown): string | null {
  const { holds, is } = VALUES[SURFACE_FIELDS[field].value]
  return holds(value) ? null : `${field} is ${is}, got ${JSON.stringify(value)}`
}
