/** What a set of recorded runs holds, counted run by run: the numbers from which one sees what can be tuned with them. */
import type { ExperienceRun, Step } from '#schemas/experience-run.ts'
import { PLACE } from '#schemas/need-places.ts'
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import { millisecondsOf } from '../instant.ts'
import { compileCase } from '../replay/compile.ts'
import { textTokens } from '../replay/compile-recording.ts'
import { passedValues } from '../replay/values.ts'
import { quantileHigher } from '../statistics/paired-statistic.ts'

export interface Spread {
  readonly n: number
  readonly median: number
  readonly p95: number
  readonly max: number
}

interface BucketSurvey {
  readonly bucket: string
  readonly runs: number
  readonly hops: number
  /** Passages of the deepest retrieval, and the depths that were recorded for it. */
  readonly depth: number
  readonly depths: readonly number[]
  /** Orderings beside the recorded one. */
  readonly orderings: readonly string[]
  readonly sources: number
  /** Tokens of its passages, a run. */
  readonly tokens: Spread
}

interface ToolSurvey {
  readonly tool: string
  readonly calls: number
  readonly results: number
  /** Calls that passed a value which could be traced. */
  readonly passing: number
  readonly writes: boolean | null
}

interface GateSurvey {
  readonly gate: string
  readonly asked: number
  readonly amounts: { readonly min: number; readonly max: number } | null
}

export interface Survey {
  readonly runs: number
  readonly families: { readonly n: number; readonly largest: number; readonly named: number }
  readonly intents: readonly { readonly intent: string; readonly runs: number; readonly families: number }[]
  readonly models: readonly { readonly model: string; readonly calls: number }[]
  readonly tools: readonly ToolSurvey[]
  readonly buckets: readonly BucketSurvey[]
  readonly gates: readonly GateSurvey[]
  readonly settings: Readonly<Record<string, readonly (string | number | boolean)[]>>
  /** A run each; null: no run says. */
  readonly prompt_tokens: Spread | null
  readonly tool_tokens: Spread | null
  readonly latency_ms: Spread | null
  readonly cost_cents: Spread | null
  readonly calls_without_tokens: number
  readonly labels: { readonly passed: number; readonly failed: number; readonly scored: number; readonly none: number }
  readonly gold: number
  readonly required: number
  /** Did an action pass a value that was read where a cut can take it, in one of the first runs with actions? */
  readonly at_stake: boolean
  readonly first: string | null
  readonly last: string | null
  /** Days from the first run to the last, both counted; null: runs say no instant. */
  readonly days: number | null
}

const MOST_VALUES = 50

/** Runs that are traced for what is at stake in them, until one has something. */
const LOOKED_AT = 200

/** Counts runs one at a time: memory grows with families and intents alone, and with one number a run. */
export class SurveyOfRuns {
  #runs = 0
  readonly #families = new Map<string, number>()
  readonly #intents = new Map<string, { runs: number; families: Set<string> }>()
  readonly #models = new Map<string, number>()
  readonly #tools = new Map<string, Omit<ToolSurvey, 'tool'>>()
  readonly #buckets = new Map<string, BucketCounts>()
  readonly #gates = new Map<string, { asked: number; amounts: number[] }>()
  readonly #settings = new Map<string, Set<string | number | boolean>>()
  readonly #amounts = { prompt: [] as number[], tool: [] as number[], latency: [] as number[], cost: [] as number[] }
  readonly #labels = { passed: 0, failed: 0, scored: 0, none: 0 }
  #withoutTokens = 0
  #gold = 0
  #required = 0
  #atStake = false
  #looked = 0
  #first: string | null = null
  #last: string | null = null

  add(run: ExperienceRun): void {
    this.#runs++
    this.#families.set(run.family_id, (this.#families.get(run.family_id) ?? 0) + 1)
    const intent = this.#intents.get(run.intent_id) ?? { runs: 0, families: new Set<string>() }
    intent.runs++
    intent.families.add(run.family_id)
    this.#intents.set(run.intent_id, intent)
    for (const [path, value] of Object.entries(run.settings)) {
      const values = this.#settings.get(path) ?? new Set()
      if (values.size < MOST_VALUES && (typeof value !== 'string' || value.length <= 200)) values.add(value)
      this.#settings.set(path, values)
    }
    this.#time(run.started_at ?? (run.date === null ? null : `${run.date}T00:00:00.000Z`))
    this.#outcome(run.outcome)
    this.#steps(run.steps)
    this.#evidence(run)
    this.#stake(run)
  }

  #time(instant: string | null): void {
    if (instant === null) return
    if (this.#first === null || instant < this.#first) this.#first = instant
    if (this.#last === null || instant > this.#last) this.#last = instant
  }

  #outcome({ passed, score, latency_ms, cost_cents }: ExperienceRun['outcome']): void {
    if (passed === true) this.#labels.passed++
    else if (passed === false) this.#labels.failed++
    else if (score !== null) this.#labels.scored++
    else this.#labels.none++
    if (latency_ms !== null) this.#amounts.latency.push(latency_ms)
    if (cost_cents !== null) this.#amounts.cost.push(cost_cents)
  }

  #steps(steps: readonly Step[]): void {
    let prompt: number | null = 0
    let tool = 0
    const names = new Map<string, string>()
    for (const step of steps) {
      if (step.kind === 'model_call') {
        if (step.model !== null) this.#models.set(step.model, (this.#models.get(step.model) ?? 0) + 1)
        if (step.prompt_tokens === null) this.#withoutTokens++
        prompt = prompt === null || step.prompt_tokens === null ? null : prompt + step.prompt_tokens
      }
      if (step.kind === 'tool_call') {
        names.set(step.tool_call_id, step.name)
        const known = this.#tools.get(step.name) ?? { calls: 0, results: 0, passing: 0, writes: null }
        // What is null may have held anything.
        const passes = step.arguments === null || passedValues(step.arguments).length > 0
        this.#tools.set(step.name, {
          ...known,
          calls: known.calls + 1,
          passing: known.passing + (passes ? 1 : 0),
          writes: step.writes ?? known.writes,
        })
      }
      if (step.kind === 'tool_result') {
        tool += step.tokens ?? (step.content === null ? 0 : textTokens(step.content))
        const known = this.#tools.get(names.get(step.tool_call_id) ?? '')
        if (known && step.content !== null)
          this.#tools.set(names.get(step.tool_call_id)!, { ...known, results: known.results + 1 })
      }
      if (step.kind === 'approval') {
        const known = this.#gates.get(step.gate) ?? { asked: 0, amounts: [] }
        if (step.asked) known.asked++
        if (step.amount !== null) known.amounts.push(step.amount)
        this.#gates.set(step.gate, known)
      }
    }
    if (prompt !== null && prompt > 0) this.#amounts.prompt.push(prompt)
    if (tool > 0) this.#amounts.tool.push(tool)
  }

  #stake(run: ExperienceRun): void {
    if (this.#atStake || this.#looked === LOOKED_AT || !run.steps.some(({ kind }) => kind === 'tool_call')) return
    this.#looked++
    this.#atStake = compileCase([run]).recordings.some(hasStake)
  }

  #evidence(run: ExperienceRun): void {
    for (const [bucket, { depth }] of Object.entries(run.offers)) {
      const counts = this.#buckets.get(bucket) ?? new BucketCounts()
      this.#buckets.set(bucket, counts)
      counts.add(
        depth,
        run.evidence.filter((offer) => offer.bucket === bucket),
      )
    }
    if (run.evidence.some(({ gold }) => gold) || run.gold_not_offered > 0) this.#gold++
    if (run.evidence.some(({ required }) => required)) this.#required++
  }

  get result(): Survey {
    const { prompt, tool, latency, cost } = this.#amounts
    return {
      runs: this.#runs,
      families: {
        n: this.#families.size,
        largest: [...this.#families.values()].reduce((a, b) => Math.max(a, b), 0),
        named: [...this.#families.keys()].filter((family) => !family.startsWith('trace:')).length,
      },
      intents: mostFirst(
        [...this.#intents].map(([intent, { runs, families }]) => ({ intent, runs, families: families.size })),
        ({ runs }) => runs,
        ({ intent }) => intent,
      ),
      models: mostFirst(
        [...this.#models].map(([model, calls]) => ({ model, calls })),
        ({ calls }) => calls,
        ({ model }) => model,
      ),
      tools: mostFirst(
        [...this.#tools].map(([tool, of]) => ({ tool, ...of })),
        ({ calls }) => calls,
        ({ tool }) => tool,
      ),
      buckets: [...this.#buckets]
        .map(([bucket, counts]) => counts.result(bucket))
        .sort((a, b) => byCodeUnit(a.bucket, b.bucket)),
      gates: [...this.#gates].map(([gate, { asked, amounts }]) => ({
        gate,
        asked,
        amounts:
          amounts.length === 0
            ? null
            : { min: amounts.reduce((a, b) => Math.min(a, b)), max: amounts.reduce((a, b) => Math.max(a, b)) },
      })),
      settings: Object.fromEntries(
        [...this.#settings].sort(([a], [b]) => byCodeUnit(a, b)).map(([path, values]) => [path, [...values]]),
      ),
      prompt_tokens: spreadOf(prompt),
      tool_tokens: spreadOf(tool),
      latency_ms: spreadOf(latency),
      cost_cents: spreadOf(cost),
      calls_without_tokens: this.#withoutTokens,
      labels: { ...this.#labels },
      gold: this.#gold,
      required: this.#required,
      at_stake: this.#atStake,
      first: this.#first,
      last: this.#last,
      days: this.#first === null || this.#last === null ? null : daysBetween(this.#first, this.#last),
    }
  }
}

/** A value that also stands in the dialogue stays readable whatever is cut of passages and results. */
const hasStake = ({ needs }: Recording): boolean =>
  needs.name.some((_, need) => !needs.kind.slice(needs.first[need], needs.first[need + 1]).includes(PLACE.memory))

/** By how often, then by name. */
const mostFirst = <T>(list: T[], often: (item: T) => number, name: (item: T) => string): T[] =>
  list.sort((a, b) => often(b) - often(a) || byCodeUnit(name(a), name(b)))

/** One bucket over all runs. */
class BucketCounts {
  #runs = 0
  #hops = 0
  readonly #depths = new Set<number>()
  readonly #orderings = new Set<string>()
  readonly #sources = new Set<string>()
  readonly #tokens: number[] = []

  add(depth: number, offers: ExperienceRun['evidence']): void {
    this.#runs++
    if (this.#depths.size < MOST_VALUES) this.#depths.add(depth)
    let tokens = 0
    for (const { hop, hops, ranks, source, tokens: recorded, text } of offers) {
      this.#hops = Math.max(this.#hops, hop, ...(hops ?? []))
      for (const name of Object.keys(ranks)) if (name !== 'as_ranked') this.#orderings.add(name)
      if (source !== null && this.#sources.size < MOST_VALUES) this.#sources.add(source)
      tokens += recorded ?? textTokens(text ?? '')
    }
    this.#tokens.push(tokens)
  }

  result(bucket: string): BucketSurvey {
    const depths = [...this.#depths].sort((a, b) => a - b)
    return {
      bucket,
      runs: this.#runs,
      hops: this.#hops,
      depth: depths.at(-1) ?? 0,
      depths,
      orderings: [...this.#orderings].sort(byCodeUnit),
      sources: this.#sources.size,
      tokens: spreadOf(this.#tokens) ?? { n: 0, median: 0, p95: 0, max: 0 },
    }
  }
}

function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null
  return {
    n: values.length,
    median: quantileHigher(values, 0.5),
    p95: quantileHigher(values, 0.95),
    max: quantileHigher(values, 1),
  }
}

const DAY = 86_400_000

/** Instants may bear a zone or fractions of their own: their days say enough. */
const daysBetween = (first: string, last: string): number => {
  const day = (instant: string) => millisecondsOf(`${instant.slice(0, 10)}T00:00:00.000Z`)
  return Math.round((day(last) - day(first)) / DAY) + 1
}
