/** Whether routing is published in AppConfig too: the context value `appconfig`. */
import type { Node } from 'constructs'

/** Throws RangeError for another value than on and off, and where there are no rollouts whose routing it could be. */
export function appConfigIsOn(node: Node, rollouts: boolean): boolean {
  const value = (node.tryGetContext('appconfig') as unknown) ?? 'off'
  if (value !== 'on' && value !== 'off')
    throw new RangeError(`context value "appconfig" is ${JSON.stringify(value)}; it is "on" or "off"`)
  if (value === 'on' && !rollouts)
    throw new RangeError('context value "appconfig" is "on", and no rollouts are deployed: "-c rollouts=FOLDER"')
  return value === 'on'
}
