/**
 * One measurement of `replay` in a process of its own, so that its peak memory is its own. Arguments: what to measure,
 * the work folder, and how many traces. One JSON object on stdout.
 */
import { once } from 'node:events'
import { closeSync, createWriteStream, openSync, readFileSync, readSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ungroundedFindings } from '#core/evaluate/checks/lost-outcome.ts'
import { scorecardOf } from '#core/evaluate/scorecard.ts'
import { compileCase } from '#core/replay/compile.ts'
import { contextHash } from '#core/replay/render.ts'
import { observe, trimCase } from '#core/replay/transcript.ts'
import type { ReplayResult } from '#schemas/candidate.ts'
import type { ExperienceRun } from '#schemas/experience-run.ts'
import type { ReplayCase } from '#schemas/replay-case.ts'
import { canonical } from '../functions/core/canonical.ts'
import { median } from './bench.ts'
import { FILES, type Harness } from './replay-source.ts'

const [what, work, count] = process.argv.slice(2) as [keyof typeof MEASURES, string, string]
const traces = Number(count)
const file = (name: string) => join(work, name)
const harnesses: Record<string, Harness> = JSON.parse(readFileSync(file(FILES.harnesses), 'utf8'))

const MEASURES = { compile, hot, full, stream }
/** Per second of processor time: what one core does, whatever else the machine is at. */
function timed(act: () => number): number {
  const before = process.cpuUsage()
  const things = act()
  const { user, system } = process.cpuUsage(before)
  return (things * 1e6) / (user + system)
}

/** Compiles every run, several times over, and writes `traces` compiled cases under new ids. */
async function compile() {
  const runs: ExperienceRun[] = []
  for (const text of linesOf(FILES.runs)) runs.push(JSON.parse(text))
  let cases: ReplayCase[] = []
  const rates = Array.from({ length: 5 }, () =>
    timed(() => {
      cases = runs.map((run) => compileCase([run]))
      return runs.length
    }),
  )
  const texts = cases.map((c) => ({ text: canonical(c), id: c.recordings[0]!.run_id }))
  const out = lineFile(file(FILES.cases))
  for (let i = 0; i < traces; i++) {
    const { text, id } = texts[i % texts.length]!
    await out.write(text.replaceAll(id, `${id}.${i}`))
  }
  await out.close()
  return { compile_per_s: median(rates), bytes: statSync(file(FILES.cases)).size }
}

/** Replays alone, over cases that are compiled and in memory. */
function hot() {
  const cases: ReplayCase[] = []
  for (const replayCase of streamed(traces)) cases.push(replayCase)
  let kept = 0
  const rates = Array.from({ length: 15 }, () =>
    timed(() => {
      for (const replayCase of cases) kept += replays(replayCase)
      return cases.length * candidatesOf(cases[0]!)
    }),
  )
  return { replays_per_s: median(rates), kept }
}

/** Reads, replays, evaluates, and writes the line that a paid replay leaves on record. */
async function full() {
  const out = lineFile(file(FILES.results))
  const before = process.cpuUsage()
  let lines = 0
  for (const replayCase of streamed(traces)) {
    const { settings, suite, prices, candidates } = harnesses[replayCase.intent_id]!
    const pins = { baseline: settings, prices }
    for (const [i, candidate] of candidates.entries()) {
      const trimmed = trimCase(replayCase, candidate, settings)
      if ('unreplayable' in trimmed) throw new Error(trimmed.unreplayable)
      const replayed = observe(trimmed, pins)
      const result: ReplayResult = {
        candidate_id: `c_${i}`,
        case_id: replayCase.case_id,
        family_id: replayCase.family_id,
        status: 'replayed',
        reason: null,
        recording: trimmed.recording.run_id,
        context: `sha256:${contextHash(trimmed.prepared, trimmed.rendered)}`,
        context_equal: trimmed.equal,
        findings: ungroundedFindings(replayed),
        scorecard: scorecardOf(suite, replayed, replayCase.intent_id),
      }
      await out.write(canonical(result))
      lines++
    }
  }
  await out.close()
  const { user, system } = process.cpuUsage(before)
  return { full_per_s: (lines * 1e6) / (user + system), lines, bytes: statSync(file(FILES.results)).size }
}

/** Reads and replays without keeping anything: the memory of a long stream. */
function stream() {
  let kept = 0
  for (const replayCase of streamed(traces)) kept += replays(replayCase)
  return { kept }
}

/** Cases of the compiled file, again from its beginning under further ids when it has fewer. */
function* streamed(wanted: number): Generator<ReplayCase> {
  for (let round = 0, read = 0; read < wanted; round++)
    for (const text of linesOf(FILES.cases)) {
      if (read++ === wanted) return
      const replayCase: ReplayCase = JSON.parse(text)
      yield round === 0 ? replayCase : { ...replayCase, case_id: `${replayCase.case_id}.${round}` }
    }
}

/** Lines of a file, through one small buffer: what is larger than a page of the young heap piles up until a full collection. */
function* linesOf(name: string): Generator<string> {
  const descriptor = openSync(file(name), 'r')
  const buffer = Buffer.allocUnsafe(64 * 1024)
  let held = 0
  for (;;) {
    const read = readSync(descriptor, buffer, held, buffer.length - held, null)
    if (read === 0) break
    const whole = buffer.lastIndexOf('\n', held + read - 1) + 1
    yield* buffer.toString('utf8', 0, whole).split('\n').slice(0, -1)
    buffer.copyWithin(0, whole, held + read)
    held += read - whole
  }
  closeSync(descriptor)
}

const candidatesOf = ({ intent_id }: ReplayCase): number => harnesses[intent_id]!.candidates.length

/** Places and observes a case under every candidate. Returns something that depends on each replay. */
function replays(replayCase: ReplayCase): number {
  const { settings, prices, candidates } = harnesses[replayCase.intent_id]!
  const pins = { baseline: settings, prices }
  let ungrounded = 0
  for (const candidate of candidates) {
    const trimmed = trimCase(replayCase, candidate, settings)
    if ('unreplayable' in trimmed) throw new Error(trimmed.unreplayable)
    ungrounded += observe(trimmed, pins).ungrounded.length
  }
  return ungrounded
}

/** Lines into a file, in blocks that the cache holds while they are made one text: four times larger ones take a third longer. */
function lineFile(path: string) {
  const out = createWriteStream(path)
  let block = ''
  return {
    async write(line: string): Promise<void> {
      block += `${line}\n`
      if (block.length < 64 * 1024) return
      const full = block
      block = ''
      if (!out.write(full)) await once(out, 'drain')
    },
    close: () =>
      new Promise<void>((resolve, reject) =>
        out.end(block, (error?: Error | null) => (error ? reject(error) : resolve())),
      ),
  }
}

const measured = await MEASURES[what]()
process.stdout.write(
  `${JSON.stringify({ ...measured, rss_mb: process.resourceUsage().maxRSS / 1024, seconds: process.uptime() })}\n`,
)
