/**
 * The bundled example in a cloud that nobody here wrote, under the policies of the stacks: deployed, imported, erased from, run, reviewed by
 * mailed links, rolled out through all stages, and removed. Everything that a run leaves is held against the bytes of a laptop.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation'
import {
  GetObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOfBytes } from '#core/canonical.ts'
import { Routing } from '#schemas/release.ts'
import { keys } from '#schemas/s3-keys.ts'
import { STAGES } from '#schemas/stages.ts'
import { refundRuns } from '../../functions/demo/generate.ts'
import { productionRuns } from '../../functions/demo/production.ts'
import { rolloutId } from '../../functions/steps/release/rollouts.ts'
import { deploy, destroy } from './deploy.ts'
import { type Clouds, describeClouds, startClouds } from './start.ts'
import { STACK } from './synthesize.ts'

const RUN = 'at_clouds'
const ROLLOUT = rolloutId(RUN)
const DEMO = 'functions/demo'
const PEOPLE = ['ana', 'ben', 'cleo'].map((name) => `${name}@example.com`)
/** A rollout that goes nowhere is told, not waited for. */
const MOST_ROUTINGS = 20

describeClouds('a deployment on emulators', () => {
  let clouds: Clouds
  let left: readonly string[]
  let store: string
  const autotune = async (...args: readonly string[]) => {
    const { code, out, err } = await clouds.node('bin/autotune.mjs', ...args)
    // A slow machine is told how far it is.
    const said = err.replace(/^.*Warning:.*\n(?:\(Use .*\n)?/gm, '').replace(/^.* \(\d+ s\)\n/gm, '')
    return { code, out, err: said }
  }
  const both = async (...args: readonly string[]) => [
    await autotune(...args, '--store', store),
    await autotune(...args, '--stack', STACK),
  ]

  beforeAll(async () => {
    clouds = await startClouds()
    store = join(clouds.folder, 'store')
    left = await deploy(clouds)
  }, 600_000)
  afterAll(() => clouds?.close())

  /** Outputs of both stacks. */
  const outputs = async (): Promise<Record<string, string>> => {
    const cloudformation = new CloudFormationClient(clouds.client)
    const named = await Promise.all(
      ['Data', 'Workflow'].map((stack) =>
        cloudformation.send(new DescribeStacksCommand({ StackName: `${STACK}${stack}` })),
      ),
    )
    const all = named.flatMap(({ Stacks }) => Stacks![0]!.Outputs!)
    return Object.fromEntries(all.map(({ OutputKey, OutputValue }) => [OutputKey!, OutputValue!]))
  }
  /** Keys and digests of objects below a prefix, but for manifests, which hold times, and lists that a folder needs none of. */
  const objects = async (bucket: string, prefix: string): Promise<Record<string, string>> => {
    const s3 = new S3Client(clouds.client)
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }))
    const found = Contents.filter(({ Key }) => !/manifest\.json$|^experience\/imported\//.test(Key!)).map(
      async ({ Key }) => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: Key! }))
        return [Key!, digestOfBytes(await Body!.transformToByteArray())] as const
      },
    )
    return Object.fromEntries(await Promise.all(found))
  }
  /** The same of a folder. */
  const files = (prefix: string): Record<string, string> => {
    const names = readdirSync(join(store, prefix), { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
    const paths = names.map((f) => join(f.parentPath, f.name)).filter((path) => !path.endsWith('manifest.json'))
    return Object.fromEntries(paths.map((path) => [path.slice(store.length + 1), digestOfBytes(readFileSync(path))]))
  }

  it('is deployed by the CDK, but for what the emulators do not know', () => {
    expect(left.map((line) => line.replace(/^.*: /, '')).sort()).toEqual([
      'no CloudTrail',
      'no export of the results of a map',
      'no export of the results of a map',
      'no metric math',
      'no reader of JSON lines',
      'no reader of JSON lines',
      'no tolerated failures of 0, which none are without it',
      'no tolerated failures of 0, which none are without it',
      'no tolerated failures of 0, which none are without it',
      'no tolerated failures of 0, which none are without it',
    ])
  })

  it('takes an import in the words of a folder, and holds the same bytes', async () => {
    const runs = join(clouds.folder, 'runs.jsonl')
    writeFileSync(runs, [...refundRuns({ seed: 1 })].map((r) => `${JSON.stringify(r)}\n`).join(''))
    const documents = ['pack', 'suite', 'prices'].flatMap((name) => [`--${name}`, `${DEMO}/${name}.json`])
    const split = ['--split', 'hash', '--split-key', 'examples/refund-in-the-clouds', '--layout', 'segments']
    const [here, there] = await both('import', runs, ...documents, ...split)
    expect(here).toMatchObject({ code: 0, out: expect.stringContaining('stored 1200 runs') })
    expect(there).toEqual(here)
    const { ExperienceBucketName } = await outputs()
    for (const prefix of ['packs/', 'experience/']) {
      const held = await objects(ExperienceBucketName!, prefix)
      expect(Object.keys(held).length).toBeGreaterThan(0)
      expect(held).toEqual(files(prefix))
    }
  }, 300_000)

  it('erases a run past the lock, with all of its versions, and is left with the bytes of a folder', async () => {
    const { run_id } = [...refundRuns({ seed: 1 })][0]!
    const [here, there] = await both(
      'erase',
      run_id,
      '--reason',
      'request 4711',
      '--person',
      'ana@example.com',
      '--yes',
    )
    expect(here).toMatchObject({ code: 0, out: expect.stringContaining('erased 1 recorded run of 1 family') })
    expect(there).toEqual(here)
    const { ExperienceBucketName, VaultBucketName } = await outputs()
    expect(await objects(ExperienceBucketName!, 'experience/')).toEqual(files('experience/'))
    const s3 = new S3Client(clouds.client)
    for (const Bucket of [ExperienceBucketName!, VaultBucketName!]) {
      const at = { Bucket, Prefix: 'experience/' }
      const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand(at))
      expect([Versions.every(({ IsLatest }) => IsLatest), DeleteMarkers]).toEqual([true, []])
    }
    expect(await autotune('verify', '--stack', STACK)).toMatchObject({
      code: 0,
      out: expect.stringContaining('1 erased (tombstones)'),
    })
  }, 300_000)

  it('certifies the same change, by files of the same bytes', async () => {
    const [here, there] = await both('run', '--target', `${DEMO}/target.json`, '--run-id', RUN)
    expect([here!.code, here!.err]).toEqual([0, ''])
    expect([there!.code, there!.out]).toEqual([0, expect.stringContaining('CERTIFIED: a proposal waits for review')])
    const { ExperienceBucketName } = await outputs()
    for (const prefix of [`autotune/runs/${RUN}/`, 'goldens/']) {
      const held = await objects(ExperienceBucketName!, prefix)
      expect(Object.keys(held).length).toBeGreaterThan(1)
      expect(held).toEqual(files(prefix))
    }
  }, 900_000)

  it('is verified from there: the run, and the store against its journal of heads', async () => {
    expect(await autotune('verify', RUN, '--stack', STACK)).toMatchObject({ code: 0 })
    expect(await autotune('verify', '--stack', STACK)).toMatchObject({ code: 0 })
  }, 300_000)

  it('is reviewed by the links that it mailed', async () => {
    for (const person of PEOPLE) {
      const link = await linkTo(person)
      const page = await clouds.http('GET', link)
      expect(page.status).toBe(200)
      const shown_digest = /name="shown_digest" value="([^"]+)"/.exec(page.body)![1]!
      const form = new URLSearchParams({ decision: 'approved', confirm: 'yes', reason: '', shown_digest })
      expect((await clouds.http('POST', link, form)).status).toBe(303)
    }
  }, 300_000)

  it('is rolled out through all stages, on runs that its runtime hands in', async () => {
    const { RuntimeRoleArn, ReleasesBucketName, ExperienceBucketName } = await outputs()
    const sts = new STSClient(clouds.client)
    const taken = await sts.send(new AssumeRoleCommand({ RoleArn: RuntimeRoleArn!, RoleSessionName: 'agent' }))
    const { AccessKeyId, SecretAccessKey, SessionToken } = taken.Credentials!
    const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey!, sessionToken: SessionToken! }
    const runtime = new S3Client({ ...clouds.client, credentials })
    const periods: string[] = []
    for (let revision = 1; ; revision++) {
      const Key = keys.promotion(ROLLOUT, revision, 'routing.json')
      const routing = Routing.parse(
        JSON.parse(
          await sooner(() => textOf(runtime, ReleasesBucketName!, Key), `${Key}, after ${periods.join(', ')},`),
        ),
      )
      // Back, or kept: a second routing of the window is that of a release which stays.
      const isOver = routing.period === null || (routing.period === 'window' && periods.at(-1) === 'window')
      periods.push(`${routing.period}`)
      if (isOver || revision > MOST_ROUTINGS) break
      const lines = [...productionRuns(routing, { world: 'good' })].map((r) => `${JSON.stringify(r)}\n`).join('')
      const inbox = `${keys.productionInbox(ROLLOUT)}${revision}.jsonl`
      await runtime.send(new PutObjectCommand({ Bucket: ExperienceBucketName!, Key: inbox, Body: lines }))
      await fetch(`${clouds.states}/look`, { method: 'POST' })
    }
    expect(periods).toEqual([...STAGES, 'window', 'window'])
    expect(await autotune('verify', '--stack', STACK)).toMatchObject({ code: 0 })
  }, 900_000)

  it('was refused nothing by IAM on the way', () => {
    expect(clouds.refused()).toEqual([])
  })

  it('goes away whole', async () => {
    const emptied = await clouds.node('bin/empty-throwaway.ts', STACK, '--yes')
    expect([emptied.code, emptied.out]).toEqual([0, expect.stringContaining('are gone')])
    await destroy(clouds)
    const { Stacks = [] } = await new CloudFormationClient(clouds.client).send(new DescribeStacksCommand({}))
    expect(Stacks.filter(({ StackName }) => StackName!.startsWith(STACK))).toEqual([])
    expect(existsSync(store)).toBe(true)
  }, 300_000)

  /** The link in the mail to a person, which comes some time after the run. */
  const linkTo = (person: string): Promise<string> =>
    sooner(async () => {
      const { body } = await clouds.http('GET', `${clouds.endpoint}/_ministack/ses/messages`)
      const all = Object.values((JSON.parse(body) as { messages: Record<string, unknown[]> }).messages).flat()
      const mail = all.map((m) => JSON.stringify(m)).find((text) => text.includes(person))
      return mail === undefined ? null : /https:[^\s"\\]+\/review\/[\w.~-]+/.exec(mail)![0]
    }, `a mail to ${person}`)
})

/** Asks until there is an answer, three minutes at most. */
async function sooner<T>(ask: () => Promise<T | null>, what: string): Promise<T> {
  for (let tries = 0; tries < 180; tries++) {
    const answer = await ask()
    if (answer !== null) return answer
    await delay(1000)
  }
  throw new Error(`${what} did not come`)
}

/** Text of an object; null where there is none that this role may see. */
const textOf = async (s3: S3Client, Bucket: string, Key: string): Promise<string | null> => {
  try {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
    return await Body!.transformToString()
  } catch (error) {
    if (['NoSuchKey', 'AccessDenied'].includes((error as Error).name)) return null
    throw error
  }
}
