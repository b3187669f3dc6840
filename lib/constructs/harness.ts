/**
 * A harness of the user's own: a function that is deployed already, or a module that is deployed here, once for the search side
 * and once for the sealed side. How a run pins it, and what the functions that replay with it may do.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, Stack, Token } from 'aws-cdk-lib'
import { SubnetType, Vpc } from 'aws-cdk-lib/aws-ec2'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { pinOf } from '#core/live/live-model.ts'
import { ENV } from '#schemas/env-names.ts'
import { type DeployedHarness, HARNESS_START_MS } from '#schemas/harness-call.ts'
import { LiveModel } from '#schemas/live-model.ts'
import { FUNCTION_VERSION_PATTERN } from '#schemas/patterns.ts'
import { held } from '../contracts.ts'
import { is, shape } from '../props.ts'
import { needNear } from './environments.ts'
import type { JudgedSide } from './judges.ts'
import { moduleAsset, moduleFunction } from './module-function.ts'
import { whole, wholeTime } from './ranges.ts'
import { mayRead, mayWrite } from './rights.ts'
import { runtimeOf, setRuntime } from './runtime-settings.ts'

/** A harness: `functionArn` of one that is deployed already, or `path` of a module. */
export interface HarnessProps {
  /**
   * ARN of a published version, `...:function:NAME:7`, made with `harnessFunction` (docs/own-harness.md). It is sent
   * held-out cases too: it must keep and log nothing of them.
   * @default - `path` names a module
   */
  readonly functionArn?: string
  /**
   * Path of a harness module, as `--replayer module:PATH` names it on a laptop, from the folder in which the app is synthesized.
   * Two functions of no right at all run it as it lies, each case in a process of its own.
   * @default - `functionArn` names a function
   */
  readonly path?: string
  /**
   * Longest that one case may take; of a module at most a minute.
   * @default Duration.seconds(10)
   */
  readonly limit?: Duration
  /**
   * Megabytes of the functions of a module, 1,769 to 10,240: its process may take 1,024 of them.
   * @default 1769
   */
  readonly memory?: number
  /**
   * ARN of an Amazon Bedrock model that answers what the harness function asks a model and was not recorded.
   * @default - none: such a call makes the case unreplayable, and nothing here may call Bedrock
   */
  readonly modelArn?: string
  /**
   * The model that runs may ask live (docs/live.md): what a module asks is then asked by the functions that replay, of this model
   * alone. The functions of the module are put where nothing gets out: into `vpc`, or into a network of their own.
   * @default - none; recorded answers stand, and `--live` is refused
   */
  readonly live?: LiveProps
}

/** A model that is asked live. */
interface LiveProps {
  /** The document that its owner signed (`autotune sign`): model, endpoint, temperature, seed, draws and budget. */
  readonly document: LiveModel
  /**
   * ARN of a secret of AWS Secrets Manager whose text is the key of an OpenAI-compatible endpoint.
   * @default - none; no key is sent
   */
  readonly keySecretArn?: string
}

const LIMIT_MS = 10_000
const MOST_MODULE_MS = 60_000
/** A call of Lambda ends after that. */
const MOST_FUNCTION_MS = 900_000
/** Longest answer of the model. */
const MAX_TOKENS = 4096
/** Those that replay on each side, and the one that pins what they replay with. */
const REPLAYING = { search: ['start-run', 'lay-out-search', 'replay-shard'], sealed: ['score-shard'] } as const
const MODULE = {
  called: 'the harness module',
  main: 'functions/lambda/harness-module-main',
  exports: { name: 'replay', as: 'export async function replay(recorded, settings, pinned)' },
  after: 'deploy again',
} as const

/**
 * The harness of a deployment, if it has one.
 * @throws RangeError for an ARN without a version number or of another region (one that is a token is believed), for a module that is not there or
 *   cannot be deployed, and for props that do not go together
 */
export class Harness extends Construct {
  /** Ids of the parts, a function each; none but for a module. */
  readonly parts: string[] = []
  /** A network of its own, where the module may reach nothing; null: there is none. */
  readonly nowhere: Vpc | null
  private readonly props: HarnessProps | undefined
  private readonly module: Readonly<Record<JudgedSide, DeployedHarness>> | null

  constructor(scope: Construct, id: string, props: HarnessProps | undefined) {
    super(scope, id)
    this.props = props
    const path = props === undefined ? undefined : named(props)
    if (props) this.needNearby(props)
    this.nowhere = props?.live && !runtimeOf(this).vpc ? this.noWayOut() : null
    this.module = props && path !== undefined ? this.deployed(path, props) : null
  }

  /** What a function is told of it, by the name of its handler; nothing where it has none of its business there. */
  environment(handler: string): Record<string, string> {
    const [side] = (['search', 'sealed'] as const).filter((s) => (REPLAYING[s] as readonly string[]).includes(handler))
    if (!this.props || !side) return {}
    const { live } = this.props
    if (this.module)
      return {
        [ENV.harness]: Stack.of(this).toJsonString(this.module[side]),
        ...(live && {
          [ENV.live]: Stack.of(this).toJsonString({ document: live.document, key: live.keySecretArn ?? null }),
        }),
      }
    return handler === 'start-run' ? { [ENV.harness]: Stack.of(this).toJsonString(pinnedFunction(this.props)) } : {}
  }

  /** Calls just that version, and just that model; without a harness no statement at all. */
  mayCall(side: JudgedSide): PolicyStatement[] {
    const { functionArn, modelArn } = this.props ?? {}
    const called = this.module?.[side].function_arn ?? functionArn
    return [
      ...(called === undefined ? [] : [may('lambda:InvokeFunction', called)]),
      ...(modelArn === undefined ? [] : [may('bedrock:InvokeModel', modelArn)]),
    ]
  }

  /** Asks the model of a live run, and none beside it: a Bedrock model by its ARN, or the endpoint whose key a secret holds. */
  mayAsk(): PolicyStatement[] {
    const { document, keySecretArn } = this.props?.live ?? {}
    const model = document?.model
    return [
      ...(model?.provider === 'bedrock' ? [may('bedrock:InvokeModel', model.model_arn)] : []),
      ...(keySecretArn === undefined ? [] : [may('secretsmanager:GetSecretValue', keySecretArn)]),
    ]
  }

  /** May runs ask a model live? */
  get asksLive(): boolean {
    return this.props?.live !== undefined
  }

  /** The same on the open side, with the recorded runs and the answers of the model that are kept there. */
  mayReplay(bucket: IBucket): PolicyStatement[] {
    const asksModel = this.props?.modelArn !== undefined || this.asksLive
    return [
      ...this.mayCall('search'),
      ...(this.props ? mayRead(bucket, 'experience/*', ...(asksModel ? ['model-cache/*'] : [])) : []),
      ...(asksModel ? [mayWrite(bucket, 'model-cache/*')] : []),
    ]
  }

  /** Counts what a live run asked, from the answers of the search side and what the gate let out, and keeps it beside the run. */
  mayCount(bucket: IBucket): PolicyStatement[] {
    if (!this.asksLive) return []
    return [
      ...mayRead(bucket, 'model-cache/*', 'autotune/runs/*/harness-replies.jsonl', 'autotune/work/*/answer.json'),
      mayWrite(bucket, 'autotune/usage/*'),
    ]
  }

  private needNearby({ functionArn, modelArn, live }: HarnessProps): void {
    const { model } = live?.document ?? {}
    const named = {
      'harness.functionArn': functionArn,
      'harness.modelArn': modelArn,
      'the model of harness.live.document': model?.provider === 'bedrock' ? model.model_arn : undefined,
      'harness.live.keySecretArn': live?.keySecretArn,
    }
    for (const [prop, arn] of Object.entries(named)) if (arn !== undefined) needNear(prop, arn, this)
  }

  /** Subnets without a way out, and no gateway that could be one. It costs nothing. */
  private noWayOut(): Vpc {
    const vpc = new Vpc(this, 'Nowhere', {
      maxAzs: 2,
      natGateways: 0,
      createInternetGateway: false,
      restrictDefaultSecurityGroup: false,
      subnetConfiguration: [{ name: 'Shut', subnetType: SubnetType.PRIVATE_ISOLATED }],
    })
    setRuntime(this, { vpc, vpcSubnets: { subnetType: SubnetType.PRIVATE_ISOLATED } })
    return vpc
  }

  private deployed(
    path: string,
    { limit = Duration.millis(LIMIT_MS), memory = 1769 }: HarnessProps,
  ): Record<JudgedSide, DeployedHarness> {
    const limit_ms = wholeTime(`limit of the harness ${path}`, limit, 'millis', MOST_MODULE_MS)
    whole(`memory of the harness ${path}`, memory, 1769, 10_240, 'megabytes')
    const folder = mkdtempSync(join(tmpdir(), 'autotune-harness-'))
    try {
      const { digest, asset } = moduleAsset(MODULE, path, join(folder, 'asset'))
      const timeout = Duration.seconds(Math.ceil((2 * (HARNESS_START_MS + limit_ms)) / 1000))
      const on = (id: string): DeployedHarness => {
        this.parts.push(id)
        const made = moduleFunction(new Construct(this, id), { asset, memory, timeout })
        const cage = runtimeOf(this).vpc && ({ cage: 'belt' } as const)
        return { kind: 'module', path, digest, limit_ms, ...cage, function_arn: made.currentVersion.functionArn }
      }
      return { search: on('Search'), sealed: on('Sealed') }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const may = (action: string, resource: string) => new PolicyStatement({ actions: [action], resources: [resource] })

/** Is a document one that its owner signed, as it stands? @throws RangeError in words where it is not */
function needSigned({ document, keySecretArn }: LiveProps): void {
  held('harness.live.document', LiveModel, document)
  const pin = pinOf(document)
  if ('problem' in pin)
    throw new RangeError(
      `live: ${pin.problem}: its owner signs what stands there with "autotune sign FILE --by PERSON"`,
    )
  const { model } = document
  if (model.provider === 'openai' && new URL(model.base_url).protocol !== 'https:')
    throw new RangeError(`live: ${model.base_url} is asked in the clear: a deployment asks by https alone`)
  if (keySecretArn !== undefined && model.provider !== 'openai')
    throw new RangeError(
      'live: a key goes with an OpenAI-compatible endpoint; Amazon Bedrock is asked under the rights of a role',
    )
  if (keySecretArn !== undefined && !Token.isUnresolved(keySecretArn) && !SECRET.test(keySecretArn))
    throw new RangeError(
      `live: the key is ${JSON.stringify(keySecretArn)}; it is the ARN of a secret, such as arn:aws:secretsmanager:eu-central-1:111122223333:secret:model-key-a1B2c3`,
    )
}

const MODEL = /^arn:aws[a-z-]*:bedrock:[a-z0-9-]*:\d{0,12}:\S+$/
const SECRET = /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[\w/+=.@-]+$/

const HARNESS = shape<HarnessProps>({
  functionArn: is('the ARN of a version of a function, or path names a module', (arn) => typeof arn === 'string'),
  path: null,
  limit: null,
  memory: null,
  modelArn: null,
  live: shape<LiveProps>({ document: null, keySecretArn: null }),
})

/** The path of a module; undefined: the props name a function. */
function named(props: HarnessProps): string | undefined {
  HARNESS('harness', props)
  const { functionArn, path, modelArn, memory, live } = props
  if (path !== undefined && (typeof path !== 'string' || path === '' || Token.isUnresolved(path)))
    throw new RangeError(`harness.path is ${JSON.stringify(path)}; it is the path of a file that is there at synthesis`)
  if (modelArn !== undefined && !Token.isUnresolved(modelArn) && !MODEL.test(modelArn))
    throw new RangeError(
      `harness.modelArn is ${JSON.stringify(modelArn)}; it is the ARN of a model of Amazon Bedrock, such as arn:aws:bedrock:eu-central-1::foundation-model/NAME`,
    )
  if ((functionArn === undefined) === (path === undefined))
    throw new RangeError('harness names functionArn, of a function that is deployed, or path, of a module: one of them')
  if (path !== undefined && modelArn !== undefined)
    throw new RangeError(
      'modelArn goes with functionArn: what a harness module asks is answered by its recording, or live by the model of a document ("live")',
    )
  if (live !== undefined && path === undefined)
    throw new RangeError('live goes with path, a module: what a function of yours asks is its own')
  if (live !== undefined) needSigned(live)
  if (functionArn !== undefined && memory !== undefined)
    throw new RangeError('memory goes with path: a function that is deployed has its own')
  return path
}

/** What a run pins of a function, as the variable `AUTOTUNE_HARNESS` holds it. */
function pinnedFunction({
  functionArn,
  limit = Duration.millis(LIMIT_MS),
  modelArn,
}: HarnessProps): Record<string, unknown> {
  if (!Token.isUnresolved(functionArn) && !FUNCTION_VERSION_PATTERN.test(functionArn!))
    throw new RangeError(
      `harness is ${JSON.stringify(functionArn)}; it is the ARN of a function with a version number, such as arn:aws:lambda:eu-central-1:111122223333:function:my-harness:7 ($LATEST and aliases can change under a run), or the path of a module, which begins with ./, ../ or /`,
    )
  return {
    kind: 'lambda',
    function_arn: functionArn,
    limit_ms: wholeTime('limit of the harness', limit, 'millis', MOST_FUNCTION_MS),
    ...(modelArn === undefined ? {} : { model: { model_arn: modelArn, max_tokens: MAX_TOKENS } }),
  }
}
