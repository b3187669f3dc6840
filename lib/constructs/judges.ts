/**
 * Modules of the user's own that judge: for each one function of the search side and one of the sealed side. Neither may do
 * anything: no right, no log, no trace, no variable; what a held-out case leaves in one is nowhere near the search.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative, sep } from 'node:path'
import { Duration, Stack } from 'aws-cdk-lib'
import { SecurityGroup } from 'aws-cdk-lib/aws-ec2'
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { buildSync } from 'esbuild'
import { ENV } from '#schemas/env-names.ts'
import { type DeployedJudge, MOST_DEPLOYED_MS, VIEWS_A_CALL } from '#schemas/judge-call.ts'
import { type HarnessFiles, harnessFiles } from '../../functions/adapters/local/module/harness-files.ts'
import { BUNDLING, sourceFile } from '../bundling.ts'
import { logGroup, mayJoinVpc, runtimeOf } from './runtime-settings.ts'

/** A module that judges, and how much of it runs at once. */
export interface JudgeProps {
  /** Path of the module, as the suite names it: `./judge.mjs`, from the folder in which the app is synthesized. */
  readonly path: string
  /**
   * Megabytes of its functions, 1,769 to 10,240: the process of a module may take 1,024 of them.
   * @default 1769
   */
  readonly memory?: number
  /**
   * Calls at once of each of its two functions, reserved for it: no more are ever made, and nobody else has them. 1 to 1,000.
   * @default 20
   */
  readonly concurrency?: number
}

/** Which side of the split a function is asked about. */
export type JudgedSide = 'search' | 'sealed'

/** Time of a call beside its views: it starts, and loads the module. */
const START_SECONDS = 60

/** The functions of every module. @throws RangeError for a module that is not there or cannot be deployed, and for a limit out of its range */
export class Judges extends Construct {
  /** Ids of the parts, a function each. */
  readonly parts: string[] = []
  private readonly deployed: Readonly<Record<JudgedSide, DeployedJudge[]>> = { search: [], sealed: [] }

  constructor(scope: Construct, id: string, judges: readonly JudgeProps[]) {
    super(scope, id)
    const folder = mkdtempSync(join(tmpdir(), 'autotune-judges-'))
    try {
      for (const [i, judge] of judges.entries()) {
        const { digest, asset } = assetOf(judge.path, join(folder, String(i)))
        if (this.deployed.search.some((other) => other.digest === digest))
          throw new RangeError(`judges names ${judge.path} twice, or two modules of the same bytes: name one of them`)
        for (const side of ['search', 'sealed'] as const) {
          const made = this.function(`${side === 'search' ? 'Search' : 'Sealed'}${digest.slice(7, 19)}`, judge, asset)
          this.deployed[side].push({ digest, function_arn: made.currentVersion.functionArn })
        }
      }
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  }

  /** What is deployed for a side: digests, and ARNs of published versions. */
  of(side: JudgedSide): readonly DeployedJudge[] {
    return this.deployed[side]
  }

  /** What a function that asks is told; nothing where no module is deployed. */
  environment(side: JudgedSide): Record<string, string> {
    const judges = this.of(side)
    return judges.length === 0 ? {} : { [ENV.judges]: Stack.of(this).toJsonString(judges) }
  }

  /** Calls just those versions; without a module no statement at all. */
  mayAsk(side: JudgedSide): PolicyStatement[] {
    const resources = this.of(side).map(({ function_arn }) => function_arn)
    return resources.length === 0 ? [] : [new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources })]
  }

  private function(id: string, { path, memory = 1769, concurrency = 20 }: JudgeProps, asset: string): LambdaFunction {
    whole(`memory of the judge ${path}`, memory, 1769, 10_240)
    whole(`concurrency of the judge ${path}`, concurrency, 1, 1000)
    const scope = new Construct(this, id)
    this.parts.push(id)
    const { vpc, vpcSubnets } = runtimeOf(this)
    // In a VPC nothing goes out. In Lambda's own network something could; what it would need there is no right of ours.
    const network = vpc && {
      vpc,
      ...(vpcSubnets ? { vpcSubnets } : {}),
      securityGroups: [new SecurityGroup(scope, 'NoWayOut', { vpc, allowAllOutbound: false })],
    }
    const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
    const joining = mayJoinVpc(scope)
    const policy = joining.length > 0 ? new Policy(scope, 'Policy', { roles: [role], statements: joining }) : null
    const made = new LambdaFunction(scope, 'Function', {
      code: Code.fromAsset(asset),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memory,
      timeout: Duration.seconds((2 * VIEWS_A_CALL * MOST_DEPLOYED_MS) / 1000 + START_SECONDS),
      reservedConcurrentExecutions: concurrency,
      role,
      // It stays empty: whoever reads it would read what a module prints of a case.
      logGroup: logGroup(scope, 'Log'),
      tracing: Tracing.DISABLED,
      ...network,
    })
    if (policy) made.node.addDependency(policy)
    return made
  }
}

function whole(what: string, value: number, least: number, most: number): void {
  if (!Number.isSafeInteger(value) || value < least || value > most)
    throw new RangeError(`${what} is ${value}; it is a whole number from ${least} to ${most}`)
}

/**
 * A folder with the host and, as they lie, the module's files; their digest is that of the suite. Throws RangeError where the
 * copy would have another digest.
 */
function assetOf(path: string, asset: string): { readonly digest: string; readonly asset: string } {
  let files: HarnessFiles
  try {
    files = harnessFiles(path, null, 'the module that judges,')
  } catch (error) {
    throw new RangeError((error as Error).message)
  }
  const parts = [...files.local, ...files.packages.map((p) => p.found)]
  const top = parts.map((part) => dirname(part)).reduce(commonFolder)
  mkdirSync(asset, { recursive: true })
  for (const part of parts)
    cpSync(part, join(asset, 'own', relative(top, part)), { recursive: true, dereference: true })
  const file = join('own', relative(top, files.file)).replaceAll(sep, '/')
  const copied = harnessFiles(join(asset, file), null)
  if (copied.digest !== files.digest)
    throw new RangeError(
      `the module ${path} has links, which are plain files in a deployment, and with them another digest: replace them by what they lead to, install packages without links, and publish the suite with the new digest`,
    )
  writeFileSync(join(asset, 'judge.json'), JSON.stringify({ module: path, file }))
  const { externalModules, ...options } = BUNDLING
  buildSync({
    ...options,
    entryPoints: {
      index: sourceFile('functions/lambda/judge-main'),
      'host-child': sourceFile('functions/adapters/local/module/host-child'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: externalModules,
    // Libraries of the older kind ask for what is Node's own.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    outExtension: { '.js': '.mjs' },
    outdir: asset,
    logLevel: 'error',
  })
  return { digest: files.digest, asset }
}

function commonFolder(a: string, b: string): string {
  const [left, right] = [a.split(sep), b.split(sep)]
  const at = left.findIndex((part, i) => part !== right[i])
  return at < 0 ? a : left.slice(0, at).join(sep) || sep
}
