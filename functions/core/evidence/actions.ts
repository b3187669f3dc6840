/** What is done and what waits for a person: calls by tool, and gated amounts, before and after. */
import type { Recording } from '#schemas/replay-case.ts'
import { byCodeUnit } from '../canonical.ts'
import type { CasePair, Side } from './case-pair.ts'
import type { ActionRow, AmountsRow, CaseAction } from './types.ts'

const MOST_TOOLS = 60
const MOST_AMOUNTS = 40

interface Tool {
  readonly tool: string
  readonly writes: boolean | null
  readonly counts: [number, number]
  readonly asked: [number, number]
}
interface Gate {
  readonly gate: string
  readonly counts: [number, number]
  actions: number
  letThrough: number
  sum: number
  unknown: number
  readonly amounts: number[]
}

export class Actions {
  readonly #tools = new Map<string, Tool>()
  readonly #gates = new Map<string, Gate>()
  #known = true

  add({ recording, before, after }: CasePair): void {
    if (after.problem === null && !after.replayed) this.#known = false
    for (const [at, side] of [before, after].entries()) this.#addTools(at as 0 | 1, side, recording)
    if (before.replayed && after.replayed) this.#addGates(before, after)
  }

  /** Tools that write first, then by name. */
  tools(): ActionRow[] {
    return [...this.#tools.values()]
      .sort((a, b) => Number(b.writes) - Number(a.writes) || byCodeUnit(a.tool, b.tool))
      .map(({ tool, writes, counts, asked }) => ({
        tool,
        writes,
        before: counts[0],
        after: this.#known ? counts[1] : null,
        asked_before: asked[0],
        asked_after: this.#known ? asked[1] : null,
      }))
  }

  gates(): AmountsRow[] {
    return [...this.#gates.values()]
      .sort((a, b) => byCodeUnit(a.gate, b.gate))
      .map(({ gate, actions, counts, letThrough, sum, unknown, amounts }) => ({
        gate,
        actions,
        asked_before: counts[0],
        asked_after: counts[1],
        let_through: letThrough,
        amounts,
        sum,
        unknown,
      }))
  }

  #addTools(at: 0 | 1, { replayed, problem }: Side, recorded: Recording): void {
    if (problem) return
    const { actions, approvals } = replayed?.trimmed.recording ?? recorded
    const asked = new Set(
      [...(replayed?.trimmed.asked ?? [])].flatMap((flag, i) => (flag ? [approvals.action[i]!] : [])),
    )
    for (const [i, tool] of actions.name.entries()) {
      const writes = actions.writes[i]!
      const key = `${tool} ${writes}`
      if (!this.#tools.has(key) && this.#tools.size >= MOST_TOOLS) continue
      const row = this.#tools.get(key) ?? { tool, writes, counts: [0, 0], asked: [0, 0] }
      row.counts[at]++
      if (asked.has(i)) row.asked[at]++
      this.#tools.set(key, row)
    }
  }

  #addGates(before: Side, after: Side): void {
    for (const [at, { replayed }] of [before, after].entries()) {
      const { recording, asked } = replayed!.trimmed
      for (const [i, name] of recording.approvals.gate.entries()) {
        const gate = this.#gate(name)
        if (at === 0) gate.actions++
        if (asked[i]) gate.counts[at as 0 | 1]++
      }
    }
    const { bypassed, trimmed } = after.replayed!
    const { approvals } = trimmed.recording
    for (const i of bypassed) {
      const gate = this.#gate(approvals.gate[i]!)
      const amount = approvals.amount[i] ?? null
      gate.letThrough++
      if (amount === null) gate.unknown++
      else {
        gate.sum += amount
        gate.amounts.push(amount)
        gate.amounts.sort((a, b) => a - b)
        // The largest are the ones that somebody answers for.
        if (gate.amounts.length > MOST_AMOUNTS) gate.amounts.shift()
      }
    }
  }

  #gate(name: string): Gate {
    const gate = this.#gates.get(name) ?? {
      gate: name,
      counts: [0, 0],
      actions: 0,
      letThrough: 0,
      sum: 0,
      unknown: 0,
      amounts: [],
    }
    this.#gates.set(name, gate)
    return gate
  }
}

/** Actions of one case, each with what happens at its gate. */
export function caseActions({ recording, before, after }: CasePair): CaseAction[] {
  const asked = ({ replayed }: Side, approval: number): boolean | null =>
    approval < 0 || replayed?.trimmed.recording !== recording ? null : replayed.trimmed.asked[approval] === 1
  const { actions, approvals } = recording
  return actions.name.slice(0, 12).map((tool, i) => {
    const approval = approvals.action.indexOf(i)
    return {
      tool,
      writes: actions.writes[i]!,
      amount: approval < 0 ? null : approvals.amount[approval]!,
      asked: { before: asked(before, approval), after: asked(after, approval) },
    }
  })
}
