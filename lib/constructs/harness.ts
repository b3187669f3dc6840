/**
 * A harness of the user's own: a function that is deployed already, or a module that is deployed here, once for the search side
 * and once for the sealed side. How a run pins it, and what the functions that replay with it may do.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, Stack, Token } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { IBucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { type DeployedHarness, HARNESS_START_MS } from '#schemas/harness-call.ts'
import { FUNCTION_VERSION_PATTERN } from '#schemas/patterns.ts'
import type { JudgedSide } from './judges.ts'
import { moduleAsset, moduleFunction } from './module-function.ts'
import { mayRead, mayWrite } from './rights.ts'

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
}

const LIMIT_MS = 10_000
const MOST_MODULE_MS = 60_000
/** Longest answer of the model. */
const MAX_TOKENS = 4096
/** Those that replay on each side, and the one that pins what they replay with. */
const REPLAYING = { search: ['start-run', 'lay-out-search', 'replay-shard'], sealed: ['score-shard'] } as const
const MODULE = {
  called: 'the harness module',
  main: 'functions/lambda/harness-module-main',
  after: 'deploy again',
} as const

/**
 * The harness of a deployment, if it has one.
 * @throws RangeError for an ARN without a version number (one that is a token is believed), for a module that is not there or
 *   cannot be deployed, and for props that do not go together
 */
export class Harness extends Construct {
  /** Ids of the parts, a function each; none but for a module. */
  readonly parts: string[] = []
  private readonly props: HarnessProps | undefined
  private readonly module: Readonly<Record<JudgedSide, DeployedHarness>> | null

  constructor(scope: Construct, id: string, props: HarnessProps | undefined) {
    super(scope, id)
    this.props = props
    const path = props && named(props)
    this.module = props && path !== undefined ? this.deployed(path, props) : null
  }

  /** What a function is told of it, by the name of its handler; nothing where it has none of its business there. */
  environment(handler: string): Record<string, string> {
    const [side] = (['search', 'sealed'] as const).filter((s) => (REPLAYING[s] as readonly string[]).includes(handler))
    if (!this.props || !side) return {}
    if (this.module) return { [ENV.harness]: Stack.of(this).toJsonString(this.module[side]) }
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

  /** The same on the open side, with the recorded runs and the answers of the model that are kept there. */
  mayReplay(bucket: IBucket): PolicyStatement[] {
    const asksModel = this.props?.modelArn !== undefined
    return [
      ...this.mayCall('search'),
      ...(this.props ? mayRead(bucket, 'experience/*', ...(asksModel ? ['model-cache/*'] : [])) : []),
      ...(asksModel ? [mayWrite(bucket, 'model-cache/*')] : []),
    ]
  }

  private deployed(
    path: string,
    { limit = Duration.millis(LIMIT_MS), memory = 1769 }: HarnessProps,
  ): Record<JudgedSide, DeployedHarness> {
    const limit_ms = limit.toMilliseconds()
    if (limit_ms < 1 || limit_ms > MOST_MODULE_MS)
      throw new RangeError(`limit of the harness ${path} is ${limit_ms} ms; it is from 1 to ${MOST_MODULE_MS}`)
    if (!Number.isSafeInteger(memory) || memory < 1769 || memory > 10_240)
      throw new RangeError(`memory of the harness ${path} is ${memory}; it is a whole number from 1769 to 10240`)
    const folder = mkdtempSync(join(tmpdir(), 'autotune-harness-'))
    try {
      const { digest, asset } = moduleAsset(MODULE, path, join(folder, 'asset'))
      const timeout = Duration.seconds(Math.ceil((2 * (HARNESS_START_MS + limit_ms)) / 1000))
      const on = (id: string): DeployedHarness => {
        this.parts.push(id)
        const made = moduleFunction(new Construct(this, id), { asset, memory, timeout })
        return { kind: 'module', path, digest, limit_ms, function_arn: made.currentVersion.functionArn }
      }
      return { search: on('Search'), sealed: on('Sealed') }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }
}

const may = (action: string, resource: string) => new PolicyStatement({ actions: [action], resources: [resource] })

/** The path of a module; undefined: the props name a function. */
function named({ functionArn, path, modelArn, memory }: HarnessProps): string | undefined {
  if ((functionArn === undefined) === (path === undefined))
    throw new RangeError('harness names functionArn, of a function that is deployed, or path, of a module: one of them')
  if (path !== undefined && modelArn !== undefined)
    throw new RangeError(
      'modelArn goes with functionArn: in a deployment a harness module asks no model, and recorded answers stand',
    )
  if (functionArn !== undefined && memory !== undefined)
    throw new RangeError('memory goes with path: a function that is deployed has its own')
  return path
}

/** What a run pins of a function, as the variable `AUTOTUNE_HARNESS` holds it. */
function pinnedFunction({ functionArn, limit, modelArn }: HarnessProps): Record<string, unknown> {
  if (!Token.isUnresolved(functionArn) && !FUNCTION_VERSION_PATTERN.test(functionArn!))
    throw new RangeError(
      `harness is ${JSON.stringify(functionArn)}; it is the ARN of a function with a version number, such as arn:aws:lambda:eu-central-1:111122223333:function:my-harness:7. $LATEST and aliases can change under a run`,
    )
  return {
    kind: 'lambda',
    function_arn: functionArn,
    limit_ms: limit?.toMilliseconds() ?? LIMIT_MS,
    ...(modelArn === undefined ? {} : { model: { model_arn: modelArn, max_tokens: MAX_TOKENS } }),
  }
}
