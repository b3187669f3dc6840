/** A shard of a search set: its cases, and the answers to what a search asks of them. Other shards lie in other processes. */
import { hash } from 'node:crypto'
import type { SettingsTable } from '#schemas/common.ts'
import type { EvaluatorSuite } from '#schemas/suite.ts'
import { canonical } from '../canonical.ts'
import { asksElsewhere, judging, type VerdictAnswer, type VerdictQuestion, VerdictTable } from '../evaluate/asked.ts'
import { measureList } from '../evaluate/measure-list.ts'
import { type Measures, NOT_MEASURED } from '../evaluate/scorecard.ts'
import type { SlimCase } from '../replay/slim.ts'
import type { TablePins } from '../replay/transcript.ts'
import type { Series } from '../statistics/series.ts'
import { gistOf } from './gist.ts'
import { type CaseAnswer, isPlanned, PLANNED, type Rendering, SAME_AS_BASELINE } from './replayer.ts'
import {
  KEY_CHARS,
  type PackedAnswers,
  type PackedKeys,
  type PackedMeasured,
  type PackedRenderings,
  SAME_KEY,
  SAME_ROW,
  type SaidOfAnswer,
  SHARD_BLOCK,
  type ShardQuestion,
} from './shard-question.ts'
import { type TranscriptReplayer, transcriptReplayer } from './transcript-replayer.ts'

export class Shard {
  readonly #replayer: TranscriptReplayer
  readonly #suite: EvaluatorSuite
  /** What evaluators answered that are asked elsewhere; null: the suite has none. */
  readonly #verdicts: VerdictTable | null
  /** Tables by their text: what replay reads of one is remembered by its identity. */
  readonly #tables = new Map<string, SettingsTable>()

  constructor(cases: Series<SlimCase>, pins: TablePins, suite: EvaluatorSuite) {
    // While a block is answered the keys of two more may be asked for.
    this.#replayer = transcriptReplayer({ cases }, pins, suite, 4 * SHARD_BLOCK)
    this.#suite = suite
    this.#verdicts = asksElsewhere(suite) ? new VerdictTable() : null
  }

  /**
   * `say`: is told the line of each answer that may go on record, in order, without its candidate. Yields what evaluators
   * have to be asked elsewhere.
   */
  *reply(
    question: ShardQuestion,
    say: (line: string) => void,
  ): Generator<
    VerdictQuestion,
    PackedKeys | PackedRenderings | PackedMeasured | PackedAnswers,
    readonly VerdictAnswer[]
  > {
    switch (question.ask) {
      case 'keys':
        return this.#keys(this.#table(question.settings), question)
      case 'renderings':
        return this.#renderings(
          question.tables.map((table) => this.#table(table)),
          question,
        )
      case 'measured':
        return this.#measured(
          question.tables.map((table) => this.#table(table)),
          question,
        )
      case 'answers':
        return yield* this.#answers(question, say)
    }
  }

  #keys(settings: SettingsTable, { first, count }: { first: number; count: number }): PackedKeys {
    const { view } = this.#replayer
    let keys = ''
    for (let i = first; i < first + count; i++) {
      const key = view.contextKey(i, settings)
      keys += key === SAME_AS_BASELINE ? SAME_KEY : hashedKey(key)
    }
    return { keys }
  }

  #renderings(tables: readonly SettingsTable[], { first, count }: { first: number; count: number }): PackedRenderings {
    const beside = this.#replayer.view.sideBySide(tables)
    const places = Buffer.alloc(3 * count * tables.length)
    const rows = measureList()
    const said: (readonly number[] | string)[] = []
    for (let c = 0; c < count; c++) {
      const known: Rendering[] = []
      const firstRow = rows.length
      for (const [t, rendering] of beside(first + c).entries()) {
        let row = known.findIndex((other) => readsTheSame(other, rendering))
        if (row < 0) {
          row = known.push(rendering) - 1
          const { measures, amounts } = rendering
          const cannot = 'unreplayable' in measures
          rows.add(cannot ? NOT_MEASURED : measures)
          said.push(cannot ? measures.unreplayable : amounts)
        }
        const place = c * tables.length + t
        places[place] = rendering.context
        places.writeUInt16LE(firstRow + row, count * tables.length + 2 * place)
      }
    }
    return { places: places.toString('base64'), rows: rows.toJSON(), said }
  }

  #measured(
    tables: readonly SettingsTable[],
    { first, count }: { readonly first: number; readonly count: number },
  ): PackedMeasured {
    const places = new Uint16Array(count * tables.length)
    const measures = measureList()
    const said: SaidOfAnswer[] = []
    let keys = ''
    for (let c = 0; c < count; c++) {
      /** Rows of the contexts of this case. */
      const known = new Map<string, number>([[SAME_AS_BASELINE, SAME_ROW]])
      for (const [t, settings] of tables.entries()) {
        const key = this.#replayer.view.contextKey(first + c, settings)
        const row = known.get(key) ?? said.length
        places[c * tables.length + t] = row
        if (row !== said.length) continue
        known.set(key, row)
        const [one] = this.#replayer.answer({ candidate_id: '', settings, cases: [first + c], once: true })
        measures.add(one!.measures)
        said.push(this.#said(one!))
        keys += hashedKey(key)
      }
    }
    return { keys, places: Buffer.from(places.buffer).toString('base64'), rows: { measures: measures.toJSON(), said } }
  }

  *#answers(
    { settings, cases, offRecord, once }: Extract<ShardQuestion, { ask: 'answers' }>,
    say: (line: string) => void,
  ): Generator<VerdictQuestion, PackedAnswers, readonly VerdictAnswer[]> {
    const round = { candidate_id: '', settings: this.#table(settings), cases, ...(once && { once }) }
    const measures = measureList()
    const said: SaidOfAnswer[] = []
    const answer = () => this.#replayer.answer(round)
    for (const one of this.#verdicts ? yield* judging(this.#verdicts, answer) : answer()) {
      measures.add(one.measures)
      said.push(this.#said(one))
      if (!offRecord) say(canonical(one.result))
    }
    return { measures: measures.toJSON(), said }
  }

  #said(answer: CaseAnswer): SaidOfAnswer {
    const { status, stop, failing, letters } = gistOf(answer, this.#suite)
    const changed = (answer.contextChanged === false ? 0 : 1) | (answer.decisionChanged ? 2 : 0)
    if (status === 'replayed' && failing === null) return [changed, letters]
    return [changed, letters, status, stop, failing]
  }

  #table(settings: SettingsTable): SettingsTable {
    const text = JSON.stringify(settings)
    const known = this.#tables.get(text) ?? settings
    this.#tables.set(text, known)
    return known
  }
}

/** A key as it travels: what it tells by how it begins stays. */
const hashedKey = (key: string): string =>
  `${isPlanned(key) ? PLANNED : ''}${hash('sha256', key, 'hex')}`.slice(0, KEY_CHARS)

/** Is the same said of a case? Nothing of it is decided here: `Object.is` tells bits apart. */
function readsTheSame(a: Rendering, b: Rendering): boolean {
  const [now, then] = [a.measures, b.measures]
  if (a.context !== b.context) return false
  if (now === then) return true
  if ('unreplayable' in now || 'unreplayable' in then)
    return 'unreplayable' in now && 'unreplayable' in then && now.unreplayable === then.unreplayable
  return MEASURED.every((name) => Object.is(now[name], then[name])) && String(a.amounts) === String(b.amounts)
}

const MEASURED = Object.keys(NOT_MEASURED) as (keyof Measures)[]
