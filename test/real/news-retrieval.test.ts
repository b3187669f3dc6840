/** News retrieval must end in a certified proposal that can be recomputed, and a changed byte must be named. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { TuningProposal } from '#schemas/proposal.ts'
import { RunSummary } from '#schemas/run.ts'
import { newsRetrieval } from '../../examples/real/cases/news-retrieval.ts'
import {
  allCases,
  describeReal,
  mean,
  type Printed,
  real,
  replayed,
  runOf,
  TemporaryFolder,
  TIMEOUT,
  verify,
} from './support.ts'

const TOP_K = 'evidence.news.top_k'
const PRIORITY = 'evidence.news.source_priority'

describeReal('news-retrieval', () => {
  let store: TemporaryFolder
  let printed: Printed
  let summary: RunSummary

  beforeAll(async () => {
    store = new TemporaryFolder()
    printed = await real('news-retrieval', '--store', store.path)
    summary = RunSummary.parse(printed.json)
  }, TIMEOUT)
  afterAll(() => store[Symbol.dispose]())

  test('is certified: passages of named sources first, and a smaller top_k', () => {
    expect(printed.code).toBe(0)
    expect(summary.verdict).toBe('certified')
    expect(summary.winner?.[PRIORITY]?.to).toBe('named_first')
    expect(summary.winner?.[TOP_K]?.to).toBeGreaterThanOrEqual(6)
    expect(summary.winner?.[TOP_K]?.to).toBeLessThanOrEqual(8)
    expect(summary.ledger).toContain('question 1 of 1')
    expect(summary.candidates).toHaveLength(39)
    expect(summary.candidates.filter((c) => c.fate === 'won')).toHaveLength(1)
  })

  test('the proposal says what was proved, at which level, and that it is a demonstration', () => {
    const proposal = TuningProposal.parse(JSON.parse(readFileSync(summary.proposal!, 'utf8')))
    expect(proposal.candidate_change.patch).toEqual(summary.winner)
    expect(proposal.wording.join('\n')).toContain('<= 0.05')
    expect(summary.reasons.join('\n')).toContain('a demonstration, not a certificate')
  })

  test('over all questions: about a third fewer evidence tokens at better coverage', async () => {
    const cases = await allCases(runOf(newsRetrieval))
    expect(cases).toHaveLength(351)
    const under = (settings: Record<string, number | string>) => {
      const all = cases.map((c) => replayed(c, settings))
      return {
        tokens: mean(all.map((r) => r.tokens!)),
        complete: mean(all.map((r) => Number(r.goldKept === r.goldTotal))),
      }
    }
    const before = under({ [TOP_K]: 10, [PRIORITY]: 'as_ranked' })
    const after = under(
      Object.fromEntries(Object.entries(summary.winner!).map(([path, { to }]) => [path, to as string])),
    )
    expect(1 - after.tokens / before.tokens).toBeGreaterThan(0.25)
    expect(1 - after.tokens / before.tokens).toBeLessThan(0.45)
    expect(after.complete).toBeGreaterThan(before.complete)
  })

  test('is reproducible to the end, the gate included', async () => {
    expect(await verify(store.path, summary.run)).toMatchObject({ reproducible: true, scope: 'gate', differences: [] })
  })

  test('one changed byte in any artifact is named', async () => {
    const folder = store.at('autotune/runs', summary.run)
    const files = readdirSync(folder)
    expect(files).toEqual(
      expect.arrayContaining(['manifest.json', 'selected-proposal.json', 'gate.json', 'target.json']),
    )
    for (const file of files) {
      const path = join(folder, file)
      const bytes = readFileSync(path)
      const changed = Buffer.from(bytes)
      const at = Math.floor(bytes.length / 2)
      changed[at] = changed[at]! ^ 1
      writeFileSync(path, changed)
      const result = await verify(store.path, summary.run)
      expect(result.reproducible, file).toBe(false)
      expect(result.differences.map((d) => d.file)).toContain(file)
      writeFileSync(path, bytes)
    }
    expect((await verify(store.path, summary.run)).reproducible).toBe(true)
  })

  test('the same store refuses a second time: its held-out version is retired', async () => {
    const again = await real('news-retrieval', '--store', store.path)
    expect(again.code).toBe(2)
    expect(RunSummary.parse(again.json)).toMatchObject({ verdict: 'refused', run: `${summary.run}_2`, proposal: null })
    expect(await verify(store.path, summary.run)).toMatchObject({ reproducible: true, scope: 'gate' })
  })
})
