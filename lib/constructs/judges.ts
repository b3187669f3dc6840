/**
 * Modules of the user's own that judge: for each one function of the search side and one of the sealed side. Neither may do
 * anything: no right, no log, no trace, no variable; what a held-out case leaves in one is nowhere near the search.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Duration, Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Construct } from 'constructs'
import { ENV } from '#schemas/env-names.ts'
import { type DeployedJudge, MOST_DEPLOYED_MS, VIEWS_A_CALL } from '#schemas/judge-call.ts'
import { is, listOf, shape } from '../props.ts'
import { moduleAsset, moduleFunction } from './module-function.ts'
import { whole } from './ranges.ts'

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

/** What a module that judges is to people, and what its bundle begins with. */
const JUDGING = {
  called: 'the module that judges,',
  main: 'functions/lambda/judge-main',
  exports: { name: 'judge', as: 'export function judge(view)' },
  after: 'publish the suite with the new digest',
} as const
/** Time of a call beside its views: it starts, and loads the module. */
const START_SECONDS = 60

const A_PATH = is("the path of a module: './judge.mjs'", (path) => typeof path === 'string' && path !== '')
const JUDGES = listOf("{ path: './judge.mjs' }", (prop, judge) => {
  shape<JudgeProps>({ path: null, memory: null, concurrency: null })(prop, judge)
  A_PATH(`${prop}.path`, (judge as JudgeProps).path)
})

/** The functions of every module. @throws RangeError for a module that is not there or cannot be deployed, and for a limit out of its range */
export class Judges extends Construct {
  /** Ids of the parts, a function each. */
  readonly parts: string[] = []
  private readonly deployed: Readonly<Record<JudgedSide, DeployedJudge[]>> = { search: [], sealed: [] }

  constructor(scope: Construct, id: string, judges: readonly JudgeProps[]) {
    super(scope, id)
    JUDGES('judges', judges)
    const folder = mkdtempSync(join(tmpdir(), 'autotune-judges-'))
    try {
      for (const [i, judge] of judges.entries()) {
        const { concurrency = 20 } = judge
        const { digest, asset } = moduleAsset(JUDGING, judge.path, join(folder, String(i)))
        if (this.deployed.search.some((other) => other.digest === digest))
          throw new RangeError(`judges names ${judge.path} twice, or two modules of the same bytes: name one of them`)
        for (const side of ['search', 'sealed'] as const) {
          const made = this.function(
            `${side === 'search' ? 'Search' : 'Sealed'}${digest.slice(7, 19)}`,
            { ...judge, concurrency },
            asset,
          )
          this.deployed[side].push({ digest, function_arn: made.currentVersion.functionArn, at_once: concurrency })
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

  private function(
    id: string,
    { path, memory = 1769, concurrency }: JudgeProps & { readonly concurrency: number },
    asset: string,
  ): LambdaFunction {
    whole(`memory of the judge ${path}`, memory, 1769, 10_240)
    whole(`concurrency of the judge ${path}`, concurrency, 1, 1000)
    this.parts.push(id)
    return moduleFunction(new Construct(this, id), {
      asset,
      memory,
      timeout: Duration.seconds((2 * VIEWS_A_CALL * MOST_DEPLOYED_MS) / 1000 + START_SECONDS),
      reservedConcurrentExecutions: concurrency,
    })
  }
}
