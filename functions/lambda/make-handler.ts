/** The one shape of every function: parse, do one thing through the ports, log by name, count. */
import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { ENV } from '#schemas/env-names.ts'
import { NAMESPACE } from '#schemas/watch.ts'
import { parseAs } from '../steps/experience/parse.ts'
import { sealedHandler } from './sealed-handler.ts'
import type { OpenStep, SealedStep, Step } from './step.ts'
import { openWorld, type StoreWorld, type World } from './world.ts'

/** The Lambda handler of a step. The world is opened at the first call and kept; `open` is replaced in tests. */
export function makeHandler<I, O>(
  step: Step<I, O>,
  open: () => World = openWorld,
): (event: unknown, context: Context) => Promise<O> {
  return step.sealed ? sealedHandler(step, once(open)) : handlerOver(step, open)
}

/** The same for a step on the sealed side that works in a world of its own. */
export const sealedOver = <I, O, W extends StoreWorld>(step: SealedStep<I, O, W>, open: () => W) =>
  sealedHandler(step, once(open))

function once<W>(open: () => W): () => W {
  let world: W | undefined
  return () => {
    world ??= open()
    return world
  }
}

/** The same for a step that works in a world of its own. */
export function handlerOver<I, O, W>(step: OpenStep<I, O, W>, open: () => W) {
  const opened = once(open)
  const logger = new Logger({ serviceName: step.name })
  const metrics = new Metrics({ namespace: process.env[ENV.metrics] ?? NAMESPACE, serviceName: step.name })
  return middy<unknown, O, Error, Context>()
    .use(injectLambdaContext(logger, { resetKeys: true }))
    .use(logMetrics(metrics))
    .handler(async (event) => {
      const input = parseAs(step.input, event, step.name)
      const about = step.about(input)
      logger.appendKeys(about)
      try {
        const output = await step.work(input, opened())
        const { says = {}, counts = {} } = step.outcome?.(output) ?? {}
        logger.info('done', says)
        for (const [name, value] of Object.entries(counts)) metrics.addMetric(name, MetricUnit.Count, value)
        metrics.addMetric('Done', MetricUnit.Count, 1)
        return output
      } catch (error) {
        metrics.addMetric('Failed', MetricUnit.Count, 1)
        // The name alone: a message may quote what it stumbled over.
        logger.error('failed', { reason: (error as Error).name })
        throw error
      }
    })
}
