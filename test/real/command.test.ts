/** The command around the cases: what it lists, and what it says to a wrong name or a missing folder. */
import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CASES } from '../../examples/real/cases.ts'
import { real, TemporaryFolder } from './support.ts'

describe('npm run real', () => {
  test('without a name the cases are listed', async () => {
    const { code, json } = await real()
    expect(code).toBe(0)
    expect((json as { cases: { case: string }[] }).cases.map((c) => c.case)).toEqual(CASES.map((c) => c.name))
  })

  test('an unknown case is refused with those there are', async () => {
    const { code, json } = await real('news')
    expect(code).toBe(2)
    expect((json as { error: string }).error).toContain('news-retrieval')
  })

  test.each(CASES.map((c) => c.name))('%s: missing data is refused, and nothing is written', async (name) => {
    using folder = new TemporaryFolder()
    const absent = await real(name, '--data', folder.at('absent'), '--store', folder.at('store'))
    expect(absent.code).toBe(2)
    expect((absent.json as { error: string }).error).toContain('--data DIR')
    const empty = await real(name, '--data', folder.path, '--store', folder.at('store'))
    expect(empty.code).toBe(2)
    expect((empty.json as { error: string }).error).toContain('.jsonl.gz')
    expect(readdirSync(folder.path)).toEqual([])
  })
})
