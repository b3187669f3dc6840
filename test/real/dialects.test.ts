/** Every public trace file of the data folder gives the right run, or is refused by name. The values were read in the files by hand. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readTraceFiles } from '../support/traces.ts'
import { DATA, describeReal } from './support.ts'
import { FILES, REFUSED } from './trace-files.ts'
import type { RightRun } from './traces/right-run.ts'

describeReal('files of traces', () => {
  test('every file of the folders stands in the table', () => {
    const found = ['dialects', 'otel'].flatMap((folder) =>
      readdirSync(join(DATA, folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && !/\.md$/.test(entry.name) && !entry.parentPath.includes('/cases'))
        .map((entry) => join(entry.parentPath, entry.name).slice(DATA.length + 1)),
    )
    expect(found.sort()).toEqual([...FILES.map(([file]) => file), ...REFUSED.map(([file]) => file)].sort())
  })

  test.each(FILES)('%s', async (file, right) => {
    const { runs } = await readTraceFiles([join(DATA, file)])
    expect(runs.map(({ run_id }) => run_id)).toEqual(right.map(({ run }) => run))
    for (const [i, run] of runs.entries()) expect(inShort(run, right[i]!)).toEqual(right[i])
  })

  test.each(REFUSED)('%s is refused: %s', async (file, says) => {
    await expect(readTraceFiles([join(DATA, file)])).rejects.toThrow(says)
  })
})

type Run = Awaited<ReturnType<typeof readTraceFiles>>['runs'][number]

/** A run as the table writes it: sums, tools in their order, and the beginnings of its first and last message. */
function inShort(run: Run, { first, last }: RightRun): RightRun {
  const { steps } = run
  const calls = steps.filter((step) => step.kind === 'model_call')
  const messages = steps.filter((step) => step.kind === 'message')
  const sum = (tokens: readonly (number | null)[]) =>
    tokens.includes(null) ? null : tokens.reduce<number>((all, n) => all + n!, 0)
  const begins = (message: (typeof messages)[number] | undefined, length: number) =>
    message ? `${message.role}: ${message.content}`.slice(0, length) : ''
  return {
    run: run.run_id,
    family: run.family_id,
    intent: run.intent_id,
    models: [...new Set(calls.map(({ model }) => model))],
    calls: calls.length,
    tokens: [sum(calls.map((call) => call.prompt_tokens)), sum(calls.map((call) => call.completion_tokens))],
    first: begins(messages[0], first.length),
    last: begins(messages.at(-1), last.length),
    tools: steps.flatMap((step) => {
      if (step.kind !== 'tool_call') return []
      const result = steps.find((each) => each.kind === 'tool_result' && each.tool_call_id === step.tool_call_id)
      const content = result?.kind === 'tool_result' ? (result.content ?? '(not recorded)').slice(0, 60) : '(none)'
      const failed = result?.kind === 'tool_result' && result.error ? ' FAILED' : ''
      const by = step.agent ? `${step.agent}/` : ''
      return [
        `${by}${step.tool_call_id} ${step.name} ${JSON.stringify(step.arguments).slice(0, 60)} = ${content}${failed}`,
      ]
    }),
  }
}
