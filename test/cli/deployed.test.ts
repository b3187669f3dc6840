/** The command line on a deployment: the same words as on a folder, under the rights that the stacks give. */
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { keys, RUN_FILES } from '#schemas/s3-keys.ts'
import { rowKeys } from '../../functions/steps/store/ledger-keys.ts'
import { type Account, account } from '../support/aws/account.ts'
import { aFamily, anEvaluator, aPack, aProposerModel, aSuite, aTarget, aWorld, INTENT } from '../support/builders.ts'
import { scriptedModelServer } from '../support/scripted-model-server.ts'
import { WorkflowError } from '../support/workflow/workflow-error.ts'
import { autotune, type Printed, type Workplace, workplace } from './command-line.ts'

const RUN = 'at_run'
let aws: Account
let place: Workplace
let files: { pack: string; suite: string; runs: string; target: string }
const stack = ['--stack', 'Autotune']

beforeAll(async () => {
  aws = await account()
  place = workplace()
  files = {
    pack: place.file('pack.json', aPack()),
    suite: place.file('suite.json', aSuite()),
    // One of the search side failed: a model that proposes has something to read.
    runs: place.runs(
      'runs.jsonl',
      aWorld({ search: 6, heldout: 100 }).map((one, i) =>
        i === 0 ? { ...one, outcome: { ...one.outcome, passed: false } } : one,
      ),
    ),
    target: place.file('target.json', aTarget()),
  }
}, 120_000)
afterAll(async () => {
  place.dispose()
  await aws.stop()
})
beforeEach(() => {
  aws.before = () => {}
  aws.faults = {}
  aws.standStill = false
  aws.written.length = 0
})

/** Text of a file; null: it is a folder. */
const readOrNull = (path: string): string | null => (statSync(path).isFile() ? readFileSync(path, 'utf8') : null)

const importing = () => [
  'import',
  files.runs,
  '--pack',
  files.pack,
  '--suite',
  files.suite,
  '--split',
  'recorded',
  '--split-key',
  'key-of-these-tests',
]
const READERS =
  /this user (?:can read the vault, as|cannot read the vault: only the roles).*|"vault":"(?:account|roles)"/g

/**
 * What a command prints, with the names of its files and of the store as from one place. Who can read the vault is not the same
 * there, a review is opened by the deployment itself, and each has a clock of its own.
 */
const told = ({ code, out, err }: Printed) => ({
  code,
  out: out
    .replaceAll(`s3://${aws.bucket}/`, 'STORE/')
    .replaceAll(`${place.store}/`, 'STORE/')
    .replaceAll(READERS, 'READER')
    .replaceAll(`--store ${place.store}`, 'PLACE')
    .replaceAll(stack.join(' '), 'PLACE')
    // It holds when the model that proposes answered.
    .replaceAll(/"target\.json":"sha256:\w+"/g, 'TARGET')
    .replaceAll(/^review {3}npm run .*\n/gm, '')
    .replaceAll(/ \d{4}-\d\d-\d\d /g, ' DAY '),
  err,
})
const both = async (...argv: string[]) => [
  told(await autotune(...argv, '--store', place.store)),
  told(await autotune(...argv, ...stack)),
]

describe('a deployment', () => {
  test('packs an import, and goes on with one that was killed', async () => {
    const many = place.runs(
      'many.jsonl',
      Array.from({ length: 300 }, (_, i) => aFamily(`o${i}`, { side: 'search' })).map((r) => ({
        ...r,
        intent_id: 'other',
      })),
    )
    const argv = ['import', many, '--split', 'recorded', '--split-key', 'key-of-these-tests', ...stack]
    const killedAt = async (part: string) => {
      aws.before = (action, key) => {
        if (action === 's3:PutObject' && key.startsWith(part)) throw new Error('killed')
      }
      expect((await autotune(...argv)).code).toBe(1)
      aws.before = () => {}
    }
    const ofRuns = () => aws.written.splice(0).filter((name) => name.includes('/runs/'))
    await killedAt('ingest/journal/')
    const [segment, ...others] = ofRuns()
    expect([segment, others]).toEqual([expect.stringMatching(/\.jsonl\.zst$/), []])
    // Nothing knows of it yet: it is written again, as the same.
    await killedAt('experience/index/')
    expect(ofRuns()).toEqual([segment])
    const { out } = await autotune(...argv)
    expect(out).toMatch('stored 0 runs (300 were there already)')
    expect(out).toMatch('layout: segments')
    expect(ofRuns()).toEqual([])
  })

  test('takes an import under the ingest role, in the same words', async () => {
    const [embedded, deployed] = await both(...importing(), '--layout', 'segments')
    expect(deployed).toEqual(embedded)
    expect(deployed!.out).toMatch('stored 106 runs (0 were there already), published 2 documents')
    expect(deployed!.out).toMatch('6 for the search, 100 sealed away')
    const again = await autotune(...importing(), '--store', `s3://${aws.bucket}`)
    expect(again.out).toMatch('stored 0 runs (106 were there already)')
  })

  test('takes in a suite that asks a module, which only a run there is refused for', async () => {
    const asks = { evaluator_id: 'mine', check: 'module', module: './j.mjs', digest: `sha256:${'a'.repeat(64)}` }
    const evaluators = [...aSuite().evaluators, anEvaluator({ ...asks, reads: ['context'] } as never)]
    const suite = place.file('asking.json', { ...aSuite(), suite: 'evals.asking@1.0.0', evaluators })
    const { code, out, err } = await autotune('import', '--suite', suite, ...stack)
    expect([code, err, out]).toEqual([0, '', expect.stringContaining('published 1 document')])
  })

  test('shows the five files of a run of the search side, and of no sealed one', async () => {
    const [here, there] = [join(place.dir, 'here'), join(place.dir, 'there')]
    expect((await autotune('show', 's0', '--files', here, '--store', place.store)).code).toBe(0)
    expect((await autotune('show', 's0', '--files', there, ...stack)).code).toBe(0)
    for (const file of RUN_FILES) expect(readFileSync(join(there, file))).toEqual(readFileSync(join(here, file)))
    const { code, err } = await autotune('show', 'h0', '--files', join(place.dir, 'sealed'), ...stack)
    expect([code, err]).toEqual([2, expect.stringContaining('no recorded run "h0" on the search side')])
  })

  test('is looked at by doctor as far as the caller may: nobody counts in the vault', async () => {
    const { code, out } = await autotune('doctor', '--target', files.target, ...stack)
    expect(code).toBe(3)
    expect(out).toMatch('6 of 6 search cases reproduce')
    expect(out).toMatch(/held out +no version is sealed yet/)
  })

  test('records a run that failed with its reason, which list and show tell', async () => {
    aws.faults = {
      before(name) {
        if (name === 'CompileSearch') throw new WorkflowError('Sandbox.Timedout', 'Task timed out after 900.00 seconds')
      },
    }
    const { code, out } = await autotune('run', '--target', files.target, '--run-id', 'at_failed', ...stack)
    expect(code).toBe(1)
    expect(out).toMatch('run at_failed failed: Sandbox.Timedout: Task timed out')
    expect((await autotune('list', ...stack)).out).toMatch(
      /^at_failed +[\d-]+ +failed .*\n {3}support\.refund\n {3}FAILED: Sandbox/m,
    )
    for (const verb of ['show', 'explain'])
      expect((await autotune(verb, 'at_failed', ...stack)).out).toMatch(
        /verdict {2}FAILED .*\nnote {5}FAILED: Sandbox\.Timedout/,
      )
    await aws.store.table.remove(...rowKeys.run(INTENT, 'at_failed'), 1)
  })

  test('is looked at in the same words once a version is sealed', async () => {
    const policy = { min: 1, max_violation_rate: 0.001 }
    const asks = place.file('asks.json', aTarget({ guardrails: { ...aTarget().guardrails, policy } }))
    const [, sealing] = await both('run', '--target', asks, '--run-id', 'at_inconclusive')
    expect(sealing).toMatchObject({ code: 3, out: expect.stringContaining('INCONCLUSIVE') })
    const [embedded, deployed] = await both('doctor', '--target', files.target)
    // What is given next names the place.
    const same = (out: string) => out.replace(/^(?:tables|go on) .*$/gm, '')
    expect([deployed!.code, same(deployed!.out)]).toEqual([embedded!.code, same(embedded!.out)])
    expect(deployed!.out).toMatch(/held out +100 families/)
  })

  test('says of hand-written changes what a folder says, and writes nothing', async () => {
    const changes = place.file('changes.jsonl', '{"patch": {"evidence.orders.top_k": 2}}\n')
    aws.written.length = 0
    const [embedded, deployed] = await both('propose', changes, '--target', files.target)
    expect(deployed).toEqual(embedded)
    expect(deployed!.code).toBe(0)
    expect(deployed!.out).toMatch('WITHIN ALL LIMITS')
    expect(aws.written).toEqual([])
  })

  test('counts an inbox as a folder does, and answers it again from memory', async () => {
    const dir = join(place.dir, 'inbox')
    mkdirSync(dir)
    for (const [name, to] of Object.entries({ 'a.json': 2, 'b.json': 99 }))
      writeFileSync(join(dir, name), JSON.stringify({ patch: { 'evidence.orders.top_k': to } }))
    aws.written.length = 0
    const first = await both('propose', dir, '--target', files.target)
    expect(first[1]).toEqual(first[0])
    expect(first[1]!.out).toMatch(/budget {3}2 of 200 proposals/)
    // Places and answers alone are written.
    expect(aws.written).toHaveLength(4)
    expect(aws.written.filter((one) => !JSON.stringify(one).includes('inbox/changes/'))).toEqual([])
    aws.written.length = 0
    const again = await both('propose', dir, '--target', files.target)
    expect(again[1]).toEqual(again[0])
    expect(again[1]!.out).toMatch(/proposed before as no\. 1[\s\S]*budget {3}2 of 200/)
    const [told, there] = await both('history', '--target', files.target)
    // The run in the deployment began when its execution says.
    const undated = (printed: Pick<Printed, 'out'> | undefined) => printed!.out.replace(/ on \d{4}-\d\d-\d\d/g, '')
    expect(undated(there)).toBe(undated(told))
    expect(there!.out).toMatch(/inbox \d{4}-Q\d no\. 2 on .*, by inbox/)
    const briefs: unknown[] = []
    for (const where of [['--store', place.store], stack]) {
      const out = join(place.dir, `brief${briefs.length}`)
      expect((await autotune('brief', '--target', files.target, '--out', out, ...where)).code).toBe(0)
      const names = readdirSync(out, { recursive: true }).map(String).sort()
      const dated = /candidates\.jsonl$|brief\.json$/
      briefs.push(names.map((name) => [name, dated.test(name) ? null : readOrNull(join(out, name))]))
    }
    expect(briefs[1]).toEqual(briefs[0])
    expect(aws.written).toEqual([])
  })

  test('runs a target to the same words and the same exit code', async () => {
    const edit = { path: 'evidence.orders.top_k', to: 3, why: 'the rest is never read', by: null, cases: [] }
    const server = await scriptedModelServer(() => ({ says: JSON.stringify({ edits: [edit] }) }))
    const proposer = place.file('proposer.json', aProposerModel(server.baseUrl))
    const asked = ['--proposers', 'neighbours', '--reflect', proposer]
    const [embedded, deployed] = await both('run', '--target', files.target, '--run-id', RUN, ...asked)
    await server.close()
    expect(deployed).toEqual(embedded)
    expect(deployed!.code).toBe(0)
    expect(deployed!.out).toMatch('CERTIFIED')
    expect(deployed!.err).toMatch(/^proposer: at most 1 call of m at /m)
    const input = (await aws.store.objects.get(keys.autotuneRun(RUN, 'target.json')))!
    expect(JSON.parse(Buffer.from(input).toString()).proposed).toMatchObject({
      proposers: ['neighbours', 'reflect'],
      usage: [{ purpose: 'proposer', answers: 1, paid: 1 }],
    })
  })

  test('says that nobody but its roles reads the vault; a folder says that this user can', async () => {
    const line = async (...where: string[]) =>
      (await autotune('show', RUN, ...where)).out.match(/^vault {4}(.*)$/m)?.[1]
    expect(await line(...stack)).toBe('this user cannot read the vault: only the roles of the deployment can')
    expect(await line('--store', place.store)).toMatch(/^this user can read the vault, as can whatever runs under/)
  })

  test.each([[['list']], [['explain', aPack().pack]], [['show', RUN]], [['explain', RUN]], [['show', RUN, '--json']]])(
    'is told by %j in the same words',
    async (argv) => {
      const [embedded, deployed] = await both(...argv)
      expect(deployed).toEqual(embedded)
      expect(deployed).toMatchObject({ code: 0, out: expect.stringMatching(/at_run|was imported/) })
    },
  )

  test('is verified but for the answer, which the ledger must hold', async () => {
    const { code, out } = await autotune('verify', RUN, ...stack)
    expect([code, out]).toEqual([0, expect.stringMatching(/^reproducible: .* but for the answer: the vault is closed/)])
    const key = keys.autotuneRun(RUN, 'candidates.jsonl')
    const bytes = (await aws.store.objects.get(key))!
    await aws.store.objects.put(key, 'x\n')
    const changed = await autotune('verify', RUN, ...stack)
    expect([changed.code, changed.out]).toEqual([2, expect.stringMatching('candidates.jsonl: recomputed bytes differ')])
    await aws.store.objects.put(key, bytes)
  })

  test('goes on when it can no longer be followed, and says so beside the reason', async () => {
    aws.before = (action) => {
      if (action === 'states:DescribeExecution')
        throw Object.assign(new Error('it has expired'), { name: 'ExpiredTokenException' })
    }
    const { code, err } = await autotune('run', '--target', files.target, '--run-id', 'at_lost', ...stack)
    expect(code).toBe(2)
    expect(err).toMatch(/goes on by itself .*"autotune list --stack Autotune"\n.*the AWS credentials have expired/)
  })

  test('goes on when a person stops following, and says how to see it', async () => {
    aws.standStill = true
    const before = process.listeners('SIGINT').length
    const following = autotune('run', '--target', files.target, '--run-id', 'at_left', ...stack)
    // The listener that the command adds is the last; a signal would reach the test runner too.
    while (process.listeners('SIGINT').length === before) await new Promise((resolve) => setImmediate(resolve))
    ;(process.listeners('SIGINT').at(-1) as () => void)()
    const { code, err } = await following
    expect(code).toBe(130)
    expect(err).toMatch(/goes on by itself .*"autotune show at_left --stack Autotune"/)
  })
})

describe('a command on a deployment is refused, and says what to do, when', () => {
  const refused = async (...argv: string[]) => {
    const { code, out, err } = await autotune(...argv)
    expect([code, out]).toEqual([2, ''])
    return err
  }
  const throws = (name: string, message: string) => {
    aws.before = (action) => {
      if (action.startsWith('s3:')) throw Object.assign(new Error(message), { name })
    }
  }

  test('there is no such stack, bucket or output', async () => {
    expect(await refused('list', '--stack', 'Nobody')).toMatch(
      'there is no stack NobodyData in this account and region: deploy',
    )
    expect(await refused('list', '--store', 's3://nobody')).toMatch('there is no such bucket')
    expect(await refused('list', '--store', 's3://')).toMatch('--store s3:// names no bucket')
    const { AutotuneData: data, AutotuneWorkflow: workflow } = aws.stacks
    aws.stacks.AutotuneData = { ...data, IngestRoleArn: undefined } as never
    aws.stacks.AutotuneWorkflow = undefined
    expect(await refused('list', ...stack)).toMatch('stack AutotuneData has no output IngestRoleArn: deploy it again')
    aws.stacks.AutotuneData = data
    expect((await autotune('list', ...stack)).code).toBe(0)
    expect(await refused('run', '--target', files.target, ...stack)).toMatch('stack AutotuneWorkflow is not deployed')
    aws.stacks.Autotune = workflow
    expect((await autotune('run', '--target', files.target, '--run-id', RUN, ...stack)).err).toMatch(
      'choose another run_id',
    )
    delete aws.stacks.Autotune
    aws.stacks.AutotuneWorkflow = workflow
  })

  test.each([
    ['CredentialsProviderError', 'Could not load credentials from any providers', 'no AWS credentials were found'],
    ['ExpiredToken', 'The provided token has expired.', 'the AWS credentials have expired'],
    ['AccessDenied', 'User: x is not authorized to perform: s3:ListBucket', 'ask for this right'],
  ])('AWS answers %s', async (name, message, todo) => {
    throws(name, message)
    expect(await refused('list', ...stack)).toMatch(`${message.replace(/\.$/, '')}: ${todo}`)
  })

  test.each([
    [{ $metadata: {}, code: 'ECONNREFUSED' }, 'AWS cannot be reached: check the network'],
    [{ $metadata: {}, $fault: 'server' as const }, 'AWS failed: try again'],
  ])('AWS does not answer: %j', async (what, todo) => {
    aws.before = () => {
      throw Object.assign(new Error('connect'), what)
    }
    expect(await refused('list', ...stack)).toMatch(`connect: ${todo}`)
  })

  test('the caller may see a run and not read it', async () => {
    aws.before = (action) => {
      if (action === 's3:GetObject') throw Object.assign(new Error('not authorized'), { name: 'AccessDenied' })
    }
    for (const argv of [['list'], ['show', RUN], ['explain', RUN], ['verify', RUN]])
      expect(await refused(...argv, ...stack)).toMatch('not authorized: ask for this right')
  })

  test('the caller may not take the ingest role, and nothing is written', async () => {
    aws.before = (action) => {
      if (action === 'sts:AssumeRole')
        throw Object.assign(new Error('not authorized to perform: sts:AssumeRole'), { name: 'AccessDenied' })
    }
    expect(await refused(...importing(), ...stack)).toMatch('sts:AssumeRole: ask for this right')
    expect(aws.written).toEqual([])
  })

  test('the workflow refuses the target, in the words of a run on a folder', async () => {
    const target = place.file('other.json', aTarget({ intent: 'nobody.knows' }))
    const [embedded, deployed] = await both('run', '--target', target)
    expect(deployed).toEqual(embedded)
    expect(deployed!.err).toMatch('nobody.knows')
    const [here, there] = await both('run', '--target', files.target, '--run-id', RUN)
    expect([here!.code, there!.code]).toEqual([2, 2])
    expect(there!.err).toMatch('choose another run_id')
  })

  test('a verb or an option works on a folder alone', async () => {
    expect(await refused('review', RUN, ...stack)).toMatch('"autotune review" works on a folder, not on a deployment')
    expect(await refused('pack', ...stack)).toMatch('"autotune pack" works on a folder, not on a deployment')
    expect(await refused('demo', '--store', 's3://b')).toMatch('"autotune demo" works on a folder')
    const run = ['run', '--target', files.target, ...stack]
    expect(await refused(...run, '--replayer', 'module:./h.ts')).toMatch('--replayer is of a run on this machine')
    expect(await refused(...run, '--limit-ms', '5')).toMatch('--limit-ms is of a run on this machine')
    const own = place.file('own.json', aTarget({ scoring: { replayer: 'module' } }))
    expect(await refused('doctor', '--target', own, ...stack)).toMatch('doctor replays transcripts of a deployment')
    expect(await refused('run', '--abandon', RUN, ...stack)).toMatch('gives back its lock by itself')
    for (const verb of ['show', 'explain', 'verify'])
      expect(await refused(verb, 'nope', ...stack)).toMatch('no finished run "nope" in this store')
  })
})
