/** The harness function of a deployment, from the context: `-c harness=ARN:VERSION`, and `-c model=ARN` beside it. */
import type { Node } from 'constructs'
import type { HarnessProps } from '../constructs/harness.ts'

/** Undefined without one. Throws RangeError for a model without a harness, or a value that is no text. */
export function harnessOf(node: Node): HarnessProps | undefined {
  const [functionArn, modelArn] = ['harness', 'model'].map((name) => {
    const value = node.tryGetContext(name) as unknown
    if (value !== undefined && (typeof value !== 'string' || value === ''))
      throw new RangeError(`context value "${name}" is ${JSON.stringify(value)}; it is an ARN`)
    return value as string | undefined
  })
  if (functionArn !== undefined) return { functionArn, ...(modelArn === undefined ? {} : { modelArn }) }
  if (modelArn !== undefined)
    throw new RangeError('context value "model" names a model for a harness, and "harness" names none')
  return undefined
}
