/** What lies outside a deployment, as the role of one function may reach it: routing, harness and model, modules that judge, keys. */
import type { Attestor, FunctionCaller, ModelPort, ObjectStore, RoutingPublisher, Store } from '#ports'
import { ENV } from '#schemas/env-names.ts'
import type { DeployedJudge } from '#schemas/judge-call.ts'
import type { RoutingTargets } from '#schemas/routing-targets.ts'
import type { Replayer } from '#schemas/run.ts'
import { waysOut } from '../../../functions/lambda/rollout-world.ts'
import type { Templates } from '../infra/resolve.ts'
import { guardedRouting, needs } from './guarded.ts'
import { NO_HARNESS } from './no-harness.ts'

/** Where routing is published, and the templates of a deployment that publishes it. */
export interface RoutingTarget extends RoutingPublisher {
  readonly templates: Templates
}

/** A user's own harness, and the templates of a deployment that names it. */
export interface Harness {
  readonly templates: Templates
  /** A function as a run pins it; absent: the module that the templates name. */
  readonly replayer?: Extract<Replayer, { kind: 'lambda' }>
  readonly call: FunctionCaller['call']
  readonly converse?: ModelPort['converse']
}

/** The publisher of a function whose environment says where to. */
export function publishing(
  all: Templates,
  role: string,
  environment: Readonly<Record<string, string>>,
  releases: ObjectStore,
  routing: RoutingTarget | undefined,
): Pick<Store, 'routing'> {
  const appconfig = (places: string) => guardedRouting(routing!, all, role, JSON.parse(places) as RoutingTargets)
  const out = waysOut(environment, releases, routing ? { appconfig } : {})
  return out ? { routing: out } : {}
}

/** The harness and the model as a role may call them. */
export function replaying(
  all: Templates,
  role: string,
  from: string,
  environment: Readonly<Record<string, string>>,
  harness: Harness | undefined,
): Pick<typeof NO_HARNESS, 'harness' | 'live' | 'caller' | 'model'> {
  if (!harness) return NO_HARNESS
  const need = needs(all, role, from)
  return {
    harness: harness.replayer ?? JSON.parse(environment[ENV.harness] ?? 'null'),
    live: JSON.parse(environment[ENV.live] ?? 'null'),
    caller: {
      async call(arn, request, limitMs) {
        need({ action: 'lambda:InvokeFunction', resource: arn })
        return harness.call(arn, request, limitMs)
      },
    },
    model: {
      async converse(request) {
        const key = JSON.parse(environment[ENV.live] ?? 'null')?.key
        if (request.model.provider === 'bedrock')
          need({ action: 'bedrock:InvokeModel', resource: request.model.model_arn })
        else if (key) need({ action: 'secretsmanager:GetSecretValue', resource: key })
        return harness.converse!(request)
      },
    },
  }
}

/** The modules that a function's environment names, as its role may call them. */
export function judging(
  all: Templates,
  role: string,
  from: string,
  environment: Readonly<Record<string, string>>,
  judge: FunctionCaller['call'] | undefined,
): Pick<typeof NO_HARNESS, 'judges' | 'callJudge'> {
  const need = needs(all, role, from)
  return {
    judges: JSON.parse(environment[ENV.judges] ?? '[]') as DeployedJudge[],
    callJudge: {
      async call(arn, request, limitMs) {
        need({ action: 'lambda:InvokeFunction', resource: arn })
        if (!judge) throw new Error('this deployment calls no module')
        return judge(arn, request, limitMs)
      },
    },
  }
}

/** The key of a function that signs attestations, as its role may use it. */
export function attesting(
  all: Templates,
  role: string,
  from: string,
  environment: Readonly<Record<string, string>>,
  attestors: Readonly<Record<string, Attestor>>,
): Record<string, unknown> {
  const [attests, key] = [environment[ENV.attests], environment[ENV.attestKey]]
  if (!attests || !key) return {}
  const need = needs(all, role, from)
  const attestor = async (): Promise<Attestor> => {
    need({ action: 'kms:GetPublicKey', resource: key })
    return {
      publicKey: attestors[attests]!.publicKey,
      async sign(bytes) {
        need({ action: 'kms:Sign', resource: key })
        return attestors[attests]!.sign(bytes)
      },
    }
  }
  return { attests, attestor }
}
