import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { memory, stocked } from '../steps/stores.ts'
import { aTarget, aWorld, INTENT } from '../support/builders.ts'
import { deploy, type Faults } from '../support/workflow/deployed.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'

const world = aWorld({ search: 6, heldout: 100 })
const RUN = 'at_run'

/** What the functions of a run write into their logs, a line each. */
async function logsOf(faults: Faults = {}): Promise<string[]> {
  const written: string[] = []
  const take = (bytes: unknown) => {
    written.push(String(bytes))
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(take)
  vi.spyOn(process.stderr, 'write').mockImplementation(take)
  const workflow = deploy(await stocked(memory(), world), { shardCases: 3, faults })
  await workflow.tune({ target: aTarget(), run_id: RUN })
  vi.restoreAllMocks()
  return written.join('').split('\n')
}

const parsed = (lines: readonly string[]) =>
  lines.flatMap((line) => (line.startsWith('{"level"') ? [JSON.parse(line) as Record<string, unknown>] : []))

describe('the logs of a deployed run', () => {
  let lines: string[]
  let failed: string[]
  beforeAll(async () => {
    lines = await logsOf()
    failed = await logsOf({
      before: (name) => {
        if (name === 'ScoreShard') throw new WorkflowError('Lambda.Unknown', 'killed')
      },
    })
  })
  afterAll(() => vi.restoreAllMocks())

  it('name run and intent in every line of the tuning side, and the candidates where some are replayed', () => {
    const done = parsed(lines).filter((l) => l.message === 'done')
    const services = new Set(done.map((l) => l.service))
    expect([...services].sort()).toEqual([
      'advance-run',
      'compile-search',
      'finish-run',
      'gather-search',
      'lay-out-search',
      'pin-run',
      'replay-shard',
      'start-run',
    ])
    for (const line of done) expect(line).toMatchObject({ run: RUN, intent: INTENT })
    for (const { candidates } of done.filter((l) => l.service === 'replay-shard')) {
      expect(candidates).not.toEqual([])
      for (const candidate of candidates as string[]) expect(candidate).toMatch(/^sha256:[0-9a-f]{64}$/)
    }
    expect(done.at(-1)).toMatchObject({ service: 'finish-run', verdict: 'certified' })
  })

  it.each([
    ['goes well', () => lines],
    ['fails behind the gate', () => failed],
  ])('hold nothing of a sealed case, family or score when it %s', (_, of) => {
    expect(of().length).toBeGreaterThan(10)
    for (const line of of()) expect(line).not.toMatch(/\bh\d+\b|family-|refund [hs]\d|"p":|certificates/)
  })

  it('are the same length whichever way a question goes: the sealed side writes no line', () => {
    const open = (all: readonly string[]) => parsed(all).map((l) => [l.service, l.message])
    expect(open(failed)).toEqual(open(lines))
  })
})
