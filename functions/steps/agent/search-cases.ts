/** Cases of the search side for an agent outside: as they were recorded, bounded. Only the search side is read. */

import { labelOf } from '#core/evaluate/label.ts'
import { correctedRecording } from '#core/experience/corrections.ts'
import { caseOf, type IndexLine } from '#core/experience/index-line.ts'
import { readRunFiles } from '#core/experience/run-files.ts'
import type { CaseRow, CaseTold, RunTold } from '#schemas/agent.ts'
import type { Correction } from '#schemas/correction.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { Recording } from '#schemas/replay-case.ts'
import type { Store } from '../../ports.ts'
import { type Corrections, readCorrections } from '../experience/corrections.ts'
import { RecordedRuns } from '../experience/recorded-runs.ts'
import { readIndex } from '../experience/run-index.ts'
import { type Room, within } from './room.ts'

type Read = Pick<Store, 'objects' | 'scratch'>

/** How much of a case is told: `parts` are steps and passages of one run. */
interface CaseRoom extends Room {
  /** Runs of one case. */
  readonly runs: number
}

/** The lines of one case in the order of its runs: what was served, then what was recorded for a plan. */
interface CaseLines {
  readonly case_id: string
  readonly lines: readonly IndexLine[]
}

/** Cases of an intent in the order of their ids. */
async function* casesOf(store: Read, intent: string): AsyncGenerator<CaseLines> {
  let lines: IndexLine[] = []
  for await (const line of readIndex(store, intent)) {
    if (lines.length > 0 && caseOf(lines[0]!) !== caseOf(line)) {
      yield linesOf(lines)
      lines = []
    }
    lines.push(line)
  }
  if (lines.length > 0) yield linesOf(lines)
}

const linesOf = (lines: readonly IndexLine[]): CaseLines => ({
  case_id: caseOf(lines[0]!),
  lines: [...lines.filter(({ planned }) => !planned), ...lines.filter(({ planned }) => planned)],
})

/** A page of cases. `next`: id behind which the list goes on; null: it ends. */
export async function caseRows(
  store: Read,
  intent: string,
  after: string | null,
  most: number,
): Promise<{ readonly rows: readonly CaseRow[]; readonly next: string | null }> {
  const recorded = new RecordedRuns(store.objects)
  const corrections = await readCorrections(store.objects)
  const rows: CaseRow[] = []
  for await (const found of casesOf(store, intent)) {
    if (after !== null && found.case_id <= after) continue
    if (rows.length === most) return { rows, next: rows.at(-1)!.case_id }
    rows.push(await rowOf(recorded, corrections, found))
  }
  return { rows, next: null }
}

async function rowOf(
  recorded: RecordedRuns,
  corrections: Corrections,
  { case_id, lines }: CaseLines,
): Promise<CaseRow> {
  const first = lines[0]!
  const compiled = await recorded.compiled(first)
  const said = corrections.get(first.run_id) ?? []
  const recording = compiled && correctedRecording(JSON.parse(compiled.recording) as Recording, said)
  return {
    case_id,
    runs: lines.length,
    date: first.date,
    passed: recording && labelOf(recording).passed,
  }
}

/**
 * One case with so many of its runs at most, read once, to be told in any room; null: the search side of this intent has none of
 * this id. Nothing tells whether the sealed side has.
 */
export async function tellerOf(
  store: Read,
  intent: string,
  caseId: string,
  runs: number,
): Promise<((room: Room) => CaseTold) | null> {
  for await (const found of casesOf(store, intent))
    if (found.case_id === caseId) {
      const recorded = new RecordedRuns(store.objects)
      const read = await readCase(recorded, await readCorrections(store.objects), intent, found, runs)
      return (room) => toldOf(read, room)
    }
  return null
}

/**
 * So many cases, those that failed or were corrected first, in the order of their ids; and how many there are.
 * Throws TamperError where a recorded file was changed.
 */
export async function chosenCases(
  store: Read,
  intent: string,
  most: number,
  room: CaseRoom,
): Promise<{ readonly of: number; readonly cases: AsyncIterable<{ readonly row: CaseRow; readonly told: CaseTold }> }> {
  const recorded = new RecordedRuns(store.objects)
  const corrections = await readCorrections(store.objects)
  const failed: { readonly found: CaseLines; readonly row: CaseRow }[] = []
  const others: typeof failed = []
  let of = 0
  for await (const found of casesOf(store, intent)) {
    of++
    if (failed.length === most) continue
    const row = await rowOf(recorded, corrections, found)
    const isFailed = row.passed === false || found.lines.some(({ run_id }) => corrections.has(run_id))
    const list = isFailed ? failed : others
    if (list.length < most) list.push({ found, row })
  }
  const chosen = [...failed, ...others].slice(0, most)
  const cases = async function* () {
    for (const { found, row } of chosen)
      yield { row, told: toldOf(await readCase(recorded, corrections, intent, found, room.runs), room) }
  }
  return { of, cases: cases() }
}

/** What is told of a case, as it was recorded. */
interface ReadCase extends Omit<CaseTold, 'runs'> {
  readonly runs: readonly ExperienceRun[]
}

async function readCase(
  recorded: RecordedRuns,
  corrections: Corrections,
  intent: string,
  { case_id, lines }: CaseLines,
  most: number,
): Promise<ReadCase> {
  const runs: ExperienceRun[] = []
  const said: Correction[] = []
  for (const line of lines.slice(0, most)) {
    const files = await recorded.files(line)
    if (!files) continue
    runs.push(readRunFiles(line.run_id, files).run)
    said.push(...(corrections.get(line.run_id) ?? []))
  }
  return { case_id, intent, runs, corrections: said, left_out: { runs: lines.length - runs.length } }
}

const toldOf = (read: ReadCase, room: Room): CaseTold => ({ ...read, runs: read.runs.map((run) => runTold(run, room)) })

function runTold(run: ExperienceRun, room: Room): RunTold {
  const { run_id, plan, date, pack_version, settings, attributes, outcome, operator_corrections, evidence, steps } = run
  const counted = { cut: 0 }
  const told = {
    run_id,
    ...(plan !== undefined && { planned: true as const }),
    date,
    pack_version,
    settings,
    ...(attributes && { attributes }),
    outcome,
    operator_corrections,
    evidence: evidence.slice(0, room.parts),
    steps: steps.slice(0, room.parts),
  }
  return {
    ...(within(told, room, counted) as typeof told),
    left_out: {
      passages: Math.max(0, evidence.length - room.parts),
      steps: Math.max(0, steps.length - room.parts),
      texts_cut: counted.cut,
    },
  }
}
