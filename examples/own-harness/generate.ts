/**
 * Records the repair desk at work on SYNTHETIC requests: the harness itself runs against the stand-in library, parts
 * service and model, and what passed between them is written down as native experience runs. No device, customer or
 * conversation in them is real, and nothing certified on them says anything about a real harness.
 *
 *     node examples/own-harness/generate.ts > runs.jsonl
 */
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { HarnessAction, ModelAnswer, Passage, Pinned, ToolAnswer } from '#schemas/harness.ts'
import { ContextPack } from '#schemas/pack.ts'
import { type Draw, drawFrom } from '../../functions/demo/draw.ts'
import { byRelevance, replay, tokensOf } from './harness.ts'
import {
  DEVICES,
  FAULT_COUNT,
  type Fault,
  faultOf,
  type LibraryPassage,
  offeredFor,
  partNamed,
  stockOf,
} from './library.ts'
import packJson from './pack.json' with { type: 'json' }

const INTENT = 'desk.repair'
const OFFERED = 12

export interface DeskOptions {
  /** Customers, one run each. @default 720 */
  readonly families?: number
  /** The same seed gives the same runs. @default 1 */
  readonly seed?: number
}

/** Synthetic runs of intent `desk.repair` under the settings of `pack.json`. */
export async function* deskRuns({ families = 720, seed = 1 }: DeskOptions = {}): AsyncGenerator<ExperienceRun> {
  const pack = ContextPack.parse(packJson)
  const draw = drawFrom(seed)
  for (let number = 1; number <= families; number++) yield await recordRun(draw, number, pack)
}

async function recordRun(draw: Draw, number: number, pack: ContextPack): Promise<ExperienceRun> {
  const fault = faultOf(draw.pick(DEVICES), draw.int(0, FAULT_COUNT - 1))
  const question = ask(draw, fault)
  const library = offeredFor(draw, fault)
  const steps: ExperienceRun['steps'] = [{ kind: 'message', role: 'user', content: question, tokens: null }]
  const live = liveDesk(draw, fault, library, steps)
  const id = String(number).padStart(5, '0')
  const request = {
    case_id: `repair-${id}`,
    family_id: `customer-${id}`,
    intent_id: INTENT,
    date: '2026-09-14',
    pack_version: pack.pack,
    settings: pack.settings,
  }
  const messages = [{ role: 'user' as const, content: question }]
  const { status, outputs } = await replay({ ...request, messages }, pack.settings, live)
  const ranks = new Map(byRelevance(library.map(asPassage), question).map((p, i) => [p.evidence_ref, i + 1]))
  return {
    run_id: `run_desk_${id}`,
    trace_id: `trace_desk_${id}`,
    ...request,
    split: null,
    policy_bundle_version: 'policy.desk@1.0.0',
    tool_manifest_version: 'tools.desk@1.0.0',
    evaluator_suite_version: 'evals.desk@1.0.0',
    release_tuple_id: null,
    decision_record_id: null,
    operator_corrections: [],
    offers: { manual: { depth: OFFERED, exhausted: false } },
    evidence: library.map(({ gold, required, ...p }) => ({
      ...asPassage(p),
      ranks: { as_ranked: ranks.get(p.ref)! },
      gold,
      required,
    })),
    gold_not_offered: 0,
    steps,
    outcome: {
      status,
      outputs,
      passed: status === 'DECIDED' && draw.chance(0.94),
      score: null,
      score_kind: 'business',
      must_refuse: false,
      refused: false,
      latency_ms: steps.reduce((sum, s) => sum + ('latency_ms' in s ? s.latency_ms! : 0), 0),
      cost_cents: null,
    },
  }
}

const asPassage = ({ ref, text }: Pick<LibraryPassage, 'ref' | 'text'>): Passage => ({
  evidence_ref: ref,
  bucket: 'manual',
  source: ref.slice(0, ref.indexOf('/')),
  hop: 1,
  ranks: { as_ranked: 1 },
  tokens: null,
  text,
})

/** The world outside of the harness, live: everything that it answers is written down as a step. */
function liveDesk(draw: Draw, fault: Fault, library: readonly LibraryPassage[], steps: ExperienceRun['steps']): Pinned {
  let calls = 0
  return {
    async retrieve(bucket, { hop = 1 } = {}) {
      steps.push({ kind: 'retrieval', bucket, hop, latency_ms: draw.latency(60) })
      return library.map(asPassage)
    },
    async tool(name, args): Promise<ToolAnswer> {
      const { part } = args as { part: string }
      const tool_call_id = `call_${++calls}`
      const latency_ms = draw.latency(140)
      const content = stockOf(part)
      steps.push(
        {
          kind: 'tool_call',
          tool_call_id,
          name,
          arguments: { part },
          writes: false,
          confirmed: null,
          correct: null,
          latency_ms,
        },
        { kind: 'tool_result', tool_call_id, content, error: false, tokens: null },
      )
      return { content, error: false, latency_ms }
    },
    async model({ prompt }): Promise<ModelAnswer> {
      const part = partNamed(prompt, fault)
      const stock = /\{"part".*\}$/.exec(prompt)
      const tool_calls: HarnessAction[] = !stock && part ? [{ name: 'parts.stock', arguments: { part } }] : []
      const content = stock ? `You need ${part}. Pull the plug before you open the ${fault.device}.` : null
      const completion_tokens = tokensOf(content ?? JSON.stringify(tool_calls))
      const usage = {
        model: 'desk-small',
        prompt_tokens: tokensOf(prompt),
        completion_tokens,
        latency_ms: draw.latency(700),
      }
      steps.push({ kind: 'model_call', ...usage })
      if (content !== null) steps.push({ kind: 'message', role: 'assistant', content, tokens: null })
      return { ...usage, content, tool_calls }
    },
  }
}

function ask(draw: Draw, { device, code, symptom }: Fault): string {
  const before = faultOf(device, draw.int(0, FAULT_COUNT - 1))
  const history = draw.chance(0.2) ? ` Last year the ${before.name} was replaced.` : ''
  return (
    draw.pick([
      `My ${device} shows ${code} and ${symptom}. Which part do I need before opening it?`,
      `Fault ${code} on the display of my ${device}: ${symptom}. Which part do I need?`,
      `Hello, ${symptom}. The device is a ${device}, the display says ${code}.`,
    ]) + history
  )
}

if (import.meta.main) for await (const run of deskRuns()) process.stdout.write(`${JSON.stringify(run)}\n`)
