/** The rollout verbs in this process, on a store with an approved proposal and on generated production. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Rollout, RolloutConfig, Routing } from '#schemas/release.ts'
import { STAGES } from '#schemas/stages.ts'
import { serve } from '../../functions/cli/rollout/serve.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { openStore } from '../../functions/embedded/open-store.ts'
import { approve, certified } from '../steps/release/support.ts'
import { copyDecided } from '../steps/stores.ts'
import { autotune } from './command-line.ts'

const QUICK = new URL('../../functions/demo/rollout-quick.json', import.meta.url).pathname
const ID = 'ro_r'
/** Made once. */
const made = mkdtempSync(join(tmpdir(), 'autotune-approved-'))
let dir: string
beforeAll(async () => {
  const store = openStore(made, { durable: false })
  await approve(await certified(store), 'r').finally(() => store.close())
})
afterAll(() => rmSync(made, { recursive: true, force: true }))
beforeEach(() => {
  dir = made
})
afterEach(() => {
  if (dir !== made) rmSync(dir, { recursive: true, force: true })
})
/** What a rollout reads and writes of the store; a test that writes nothing works on the original. */
function ownStore(): void {
  dir = mkdtempSync(join(tmpdir(), 'autotune-rollout-'))
  copyDecided(made, dir)
}

const rollout = (verb: string, ...argv: string[]) => autotune('rollout', verb, ...argv, '--store', dir)
async function started(): Promise<void> {
  ownStore()
  expect((await rollout('start', 'r', '--config', QUICK)).code).toBe(0)
}
const shown = async () => ((await rollout('show', ID, '--json')).json() as { rollout: Rollout }).rollout

test('every move is published as files beside the releases, in each form that is named, and back again', async () => {
  ownStore()
  const flags = join(dir, '..', `${dir.split('/').at(-1)}-flags`)
  try {
    const deliver = ['--deliver', `flagd=${flags}`, '--deliver', `env=${flags}`]
    const flag = () => readFileSync(join(flags, 'support.refund.flagd.json'), 'utf8')
    expect((await rollout('start', 'r', '--config', QUICK, ...deliver)).code).toBe(0)
    expect(flag()).toBe((await rollout('export', ID, '--as', 'flagd')).out)
    await produce()
    expect((await rollout('advance', ID, ...deliver)).code).toBe(0)
    expect(flag()).toContain('fractional')
    expect((await rollout('stop', ID, '--reason', 'enough', ...deliver)).code).toBe(0)
    expect(flag()).not.toContain('fractional')
    expect(readFileSync(join(flags, 'support.refund.env'), 'utf8')).toContain('AUTOTUNE_PERIOD=none')
    expect(await rollout('advance', ID, '--deliver', 'xml=./x')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--deliver takes FORM=FOLDER, FORM one of json, appconfig, flagd, env'),
    })
  } finally {
    rmSync(flags, { recursive: true, force: true })
  }
})

/** Lets the runtime of the example serve one period, and records what it logged. */
async function produce(world: 'good' | 'harm' = 'good', requests = 1600): Promise<string> {
  const file = join(dir, 'runs.jsonl')
  const routing = Routing.parse((await rollout('export', ID)).json())
  const runs = [...productionRuns(routing, { world, requests })]
  writeFileSync(file, runs.map((run) => `${JSON.stringify(run)}\n`).join(''))
  expect((await rollout('record', ID, file, '--json')).json()).toMatchObject({ recorded: runs.length, known: 0 })
  return file
}

describe('from approval to the end', () => {
  test('a good change goes through every stage and is kept', async () => {
    await started()
    for (const stage of STAGES.slice(1)) {
      await produce()
      const { code, out } = await rollout('advance', ID)
      expect([code, out]).toEqual([0, expect.stringMatching(new RegExp(`advanced +\\S+ -> ${stage} `))])
    }
    await produce()
    expect((await rollout('advance', ID)).out).toContain('released; watched until')
    await produce()
    expect(await rollout('advance', ID)).toMatchObject({ code: 0, out: expect.stringContaining('released and kept') })
    expect(await rollout('advance', ID)).toMatchObject({ code: 0, out: expect.stringContaining('unchanged') })
    expect(await rollout('verify', ID)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^verified: .* 7 records/),
    })
    expect((await rollout('list', '--json')).json()).toEqual({
      rollouts: [
        {
          rollout: ID,
          run: 'r',
          intent: 'support.refund',
          status: 'kept',
          stage: '100%',
          revision: 6,
          pack: 'ctxpack.support@1.1.0',
        },
      ],
      in_force: [
        { intent: 'support.refund', release_tuple_id: (await shown()).candidate.release_tuple_id, rollout_id: null },
      ],
    })
    const { code, out } = await autotune('explain', 'ctxpack.support@1.1.0', '--store', dir)
    expect(code).toBe(0)
    expect(out).toContain('ctxpack.support@1.1.0 is ctxpack.support@1.0.0 with evidence.orders.top_k 4 -> 1')
    expect(out).toContain('proposal  r_01 of run r: released')
    expect(out).toContain('decision  approved by ana as reliability')
    expect((await autotune('show', 'r', '--store', dir)).out).toContain('status   released')
  })

  test('a harmful change comes back by itself at stage three', async () => {
    await started()
    for (let i = 0; i < 2; i++) {
      await produce('harm')
      expect((await rollout('advance', ID)).code).toBe(0)
    }
    await produce('harm')
    const { code, out } = await rollout('advance', ID)
    expect(code).toBe(3)
    expect(out).toMatch(/rolled_back 5%_low_risk -> - {2}by rollout\n.*ROLLED BACK/)
    expect(out).toContain('sequential.utility: worse by more than 2 points')
    expect((await rollout('export', ID, '--as', 'json')).json()).toMatchObject({ cohorts: [], period: null })
    expect((await rollout('assign', ID, '--subject', 'x', '--attribute', 'internal=true')).out).toMatch(/^baseline/)
    expect((await rollout('verify', ID)).code).toBe(0)
    expect((await autotune('explain', 'ctxpack.support@1.1.0', '--store', dir)).out).toContain('r: rolled back')
  })
})

describe('by hand', () => {
  test('a stage without data pauses, is resumed, and is stopped once', async () => {
    await started()
    const paused = await rollout('advance', ID, '--json')
    expect([paused.code, paused.json()]).toEqual([3, expect.objectContaining({ status: 'paused' })])
    expect((paused.json() as { missing: string[] }).missing).toContain('min_runs.candidate')
    expect(await rollout('resume', ID, '--reason', 'the exporter is repaired', '--by', 'fay')).toMatchObject({
      code: 0,
    })
    expect(await rollout('resume', ID, '--reason', 'the exporter is repaired', '--by', 'fay')).toMatchObject({
      code: 3,
    })
    const stopped = await rollout('stop', ID, '--reason', 'customers complain', '--by', 'fay')
    expect([stopped.code, stopped.out]).toEqual([0, expect.stringContaining('person: fay: customers complain')])
    expect(await rollout('stop', ID, '--reason', 'customers complain')).toMatchObject({
      code: 0,
      out: expect.stringContaining('stopped already'),
    })
    expect((await shown()).records.map((r) => [r.verdict, r.by])).toEqual([
      ['advanced', 'rollout'],
      ['paused', 'rollout'],
      ['resumed', 'fay'],
      ['stopped', 'fay'],
    ])
  })

  test('an export is the routing, the signed artifact or a hosted configuration, on stdout or in a file', async () => {
    await started()
    const file = join(dir, 'out.json')
    expect((await rollout('export', ID, '--as', 'artifact')).json()).toMatchObject({
      artifact: { rollout_id: ID, stage: '0%_shadow' },
      signature: { key: 'release' },
    })
    const hosted = await rollout('export', ID, '--as', 'appconfig', '--out', file, '--json')
    expect(hosted.json()).toEqual({ rollout: ID, revision: 0, as: 'appconfig', out: file })
    const { Content, VersionLabel } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>
    expect([VersionLabel, JSON.parse(Content!)]).toEqual([`${ID}.r0`, (await rollout('export', ID)).json()])
    expect((await rollout('export', 'support.refund')).out).toBe((await rollout('export', ID)).out)
    expect(await rollout('export', 'support.other')).toMatchObject({ code: 2, out: '' })
    expect((await rollout('export', ID, '--out', join(dir, 'no/where'))).err).toContain('cannot be written')
  })

  test('is shown on a page of this machine, which moves nothing', async () => {
    await started()
    // The page's commands are to be copied into a shell.
    const spaced = join(dir, "ana's harness")
    for (const part of ['autotune', 'ledger.sqlite', 'ledger-debits.jsonl'])
      cpSync(join(dir, part), join(spaced, part), { recursive: true })
    let stop = () => {}
    const stopped = new Promise<void>((done) => {
      stop = done
    })
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true)
    const code = serve(ID, { store: spaced, json: true, port: 0 }, () => stopped)
    await vi.waitFor(() => expect(printed).toHaveBeenCalled(), { timeout: 10_000, interval: 5 })
    const { url } = JSON.parse(String(printed.mock.calls[0]![0])) as { url: string }
    printed.mockRestore()
    const page = await fetch(url)
    const text = await page.text()
    expect([page.status, text]).toEqual([200, expect.stringContaining('ctxpack.support@1.0.0 → 1.1.0')])
    expect(text.replaceAll('&#39;', "'")).toContain(
      `--reason "..." --store '${dir}/ana'\\''s harness'`.replaceAll('"', '&quot;'),
    )
    expect((await fetch(`${url}x`)).status).toBe(404)
    const posted = await fetch(url, { method: 'POST' })
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET, HEAD'])
    stop()
    expect(await code).toBe(0)
    expect((await shown()).revision).toBe(0)
    expect(await rollout('serve', 'ro_nope')).toMatchObject({ code: 2, err: expect.stringContaining('no rollout') })
  })

  test('a changed byte is named, and nobody routes by it', async () => {
    await started()
    const file = join(dir, 'releases/rollouts', ID, '0000/artifact.json')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"share":0.1', '"share":0.9'))
    const { code, out } = await rollout('verify', ID)
    expect([code, out]).toEqual([2, expect.stringContaining('releases/rollouts/ro_r/0000/artifact.json: ')])
    expect(await rollout('export', ID)).toMatchObject({ code: 2, out: '', err: expect.stringContaining('was changed') })
  })
})

describe('refuses, with exit code 2,', () => {
  test.each([
    [['start', 'nope', '--config', QUICK], 'no finished run "nope"'],
    [['start', 'r', '--config', 'nowhere.json'], 'nowhere.json cannot be read'],
    [['start', 'r'], "required option '--config <file>' not specified"],
    [['advance', ID], `no rollout "${ID}" in this store`],
    [['show', '../r'], 'no rollout "../r"'],
    [['stop', ID], "required option '--reason <text>' not specified"],
    [['stop', ID, '--reason', ' '], '--reason takes 3 to 2000 characters'],
    [['stop', ID, '--reason', 'enough\u001b[2J'], 'none of them control characters'],
    [['stop', ID, '--reason', 'enough', '--by', 'rollout'], 'is the name of the machine'],
    [['stop', ID, '--reason', 'enough', '--by', '\u0007'], "--by takes a person's name"],
    [['export', ID, '--as', 'xml'], 'Allowed choices are json, appconfig, flagd, env, artifact'],
    [['record', ID], "missing required argument 'files'"],
    [['list', '--stack', 'Autotune'], '"autotune rollout list" works on a folder'],
  ])('%j', async (argv, message) => {
    const { code, err } = await rollout(...(argv as [string, ...string[]]))
    expect([code, err]).toEqual([2, expect.stringContaining(message)])
  })

  test('a configuration with a hole in it, naming the field', async () => {
    ownStore()
    const config = JSON.parse(readFileSync(QUICK, 'utf8')) as Record<string, object>
    const file = join(dir, 'rollout.json')
    writeFileSync(file, JSON.stringify({ ...config, utility: {}, speed: 1 }))
    const { code, err } = await rollout('start', 'r', '--config', file)
    expect(code).toBe(2)
    expect(err).toContain(`${file}: utility.max_drop: `)
    expect(err).toContain('unknown field "speed"')
  })

  test('runs that are none, naming file, line and field, up to twenty; nothing is recorded', async () => {
    await started()
    const routing = Routing.parse((await rollout('export', ID)).json())
    const good = [...productionRuns(routing, { requests: 3 })].map((run) => JSON.stringify(run))
    const file = join(dir, 'runs.jsonl')
    writeFileSync(file, [good[0], good[1]!.replace('"candidate"', '"other"'), '{', ...Array(30).fill('{}')].join('\n'))
    const { code, err } = await rollout('record', ID, file)
    expect(code).toBe(2)
    expect(err).toContain(`${file}:2: arm: `)
    expect(err).toContain(`${file}:3: no JSON`)
    expect(err.match(/runs\.jsonl:/g)).toHaveLength(20)
    writeFileSync(file, [good[0], good[1]!.replace('"0%_shadow"', '"100%"')].join('\n'))
    expect((await rollout('record', ID, file)).err).toContain(`${file}:2: run prod-1-0-1-shadow is of 100%`)
    writeFileSync(file, '')
    expect((await rollout('record', ID, file)).err).toContain('the input is empty')
    expect((await rollout('assign', ID, '--subject', 'x', '--attribute', 'y')).err).toContain('KEY=VALUE')
    expect(await rollout('advance', ID, '--json')).toMatchObject({ code: 3 })
  })
})

const VERBS = ['start', 'record', 'advance', 'stop', 'resume', 'list', 'show', 'serve', 'export', 'verify', 'assign']
test.each(VERBS)('rollout %s has help with an example', async (verb) => {
  const { code, out } = await autotune('rollout', verb, '--help')
  expect(code).toBe(0)
  expect(out).toMatch(new RegExp(`Example:\\n {2}autotune rollout ${verb}`))
})

test('"init" writes the configuration that docs/rollout.md prints', async () => {
  ownStore()
  const place = join(dir, 'starter')
  expect((await autotune('init', '--dir', place)).out).toContain('examples to argue about')
  const { $schema, ...written } = RolloutConfig.parse(JSON.parse(readFileSync(join(place, 'rollout.json'), 'utf8')))
  expect($schema).toMatch(/schemas\/json\/rollout-config\.schema\.json$/)
  const page = readFileSync(new URL('../../docs/rollout.md', import.meta.url), 'utf8')
  expect(written).toEqual(JSON.parse(/```json\n([\s\S]*?)```/.exec(page)![1]!))
})
