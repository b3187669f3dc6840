/** `autotune report` in this process: what it writes, what it refuses, and that it changes nothing of the store. */
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Routing } from '#schemas/release.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { accessibilityProblems } from '../pages/html.ts'
import { approve, certified } from '../steps/release/support.ts'
import { autotune, bytesOf, type Workplace, workplace } from './command-line.ts'

const QUICK = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
let place: Workplace
beforeAll(async () => {
  place = workplace()
  const store = openStore(place.store, { durable: false })
  await approve(await certified(store), 'r').finally(() => store.close())
})
afterAll(() => place.dispose())
const out = (name: string) => join(place.dir, name)
const still = (page: string): string => page.replace(/<script>[\s\S]*<\/script>\n/, '')

describe('report RUN', () => {
  test('writes one file, says where and how large, and changes nothing of the store', async () => {
    const before = bytesOf(place.store)
    const { code, json } = await place.at('report', 'r', '--out', out('r.html'), '--json')
    const page = readFileSync(out('r.html'), 'utf8')
    expect([code, json()]).toEqual([0, { file: out('r.html'), bytes: Buffer.byteLength(page), redacted: false }])
    expect(bytesOf(place.store)).toEqual(before)
    expect(page).not.toContain(place.dir)
    const again = await place.at('report', 'r', '--out', out('again.html'))
    expect(again.out).toMatch(/^wrote .*again\.html \(\d+ kB\)\n$/)
    expect(readFileSync(out('again.html'), 'utf8')).toBe(page)
  })

  test('overwrites nothing', async () => {
    const file = place.file('mine.html', 'mine')
    const { code, err } = await place.at('report', 'r', '--out', file)
    expect([code, err]).toEqual([2, `autotune: ${file} is there already: nothing was written. Choose another --out\n`])
    expect(readFileSync(file, 'utf8')).toBe('mine')
  })

  test('prints its facts for machines, and writes no file then', async () => {
    const { code, json } = await place.at('report', 'r', '--json')
    expect([code, json()]).toMatchObject([0, { run_id: 'r', verdict: 'certified', version: 1 }])
    expect(existsSync('r.html')).toBe(false)
  })

  test('leaves out recorded texts when asked to', async () => {
    const { evidence } = (await place.at('report', 'r', '--json', '--redact')).json() as {
      evidence: { examples: { case_id: string; request: string | null; passages: { text: string | null }[] }[] }
    }
    expect(evidence.examples.length).toBeGreaterThan(0)
    for (const { case_id, request, passages } of evidence.examples) {
      expect(case_id).not.toBe('')
      expect(request ?? 'left out').toBe('left out')
      expect(passages.filter((p) => p.text !== null)).toEqual([])
    }
  })

  test.each(['nobody', '../r', 'a/b', '..'])('refuses %j, which is no run', async (id) => {
    const before = bytesOf(place.dir)
    const { code, err } = await place.at('report', id)
    expect([code, err]).toEqual([2, expect.stringContaining(`no finished run and no rollout "${id}" in this store`)])
    expect(bytesOf(place.dir)).toEqual(before)
  })

  test('refuses a store that is none, and makes none', async () => {
    const dir = out('nowhere')
    expect((await autotune('report', 'r', '--store', dir)).code).toBe(2)
    expect(existsSync(dir)).toBe(false)
  })
})

test('report ROLLOUT: the same bytes each time, whatever the clock says', async () => {
  expect((await place.at('rollout', 'start', 'r', '--config', QUICK)).code).toBe(0)
  const routing = Routing.parse((await place.at('rollout', 'export', 'ro_r')).json())
  const runs = [...productionRuns(routing, { world: 'harm', requests: 800 })]
  const file = place.file('runs.jsonl', runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
  expect((await place.at('rollout', 'record', 'ro_r', file)).code).toBe(0)
  await place.at('rollout', 'advance', 'ro_r')
  const pages = []
  for (const name of ['one.html', 'two.html']) {
    expect((await place.at('report', 'ro_r', '--out', out(name))).code).toBe(0)
    pages.push(readFileSync(out(name), 'utf8'))
    rmSync(out(name))
  }
  expect(pages[0]).toBe(pages[1])
  expect(accessibilityProblems(still(pages[0]!))).toEqual([])
  expect(pages[0]).toContain('as of its last transition')
  expect(pages[0]).not.toMatch(/https?:|\bsrc=|http-equiv="refresh"/)
})
