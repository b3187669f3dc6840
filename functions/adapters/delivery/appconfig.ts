/** Routing as AWS AppConfig hosted configuration, to be created by whoever deploys it; a deployment with `appconfig` does so itself. */
import { canonical } from '#core/canonical.ts'
import { appConfigOf } from './appconfig-document.ts'
import type { Form } from './form.ts'

export const appconfig: Form = {
  is: 'AppConfig hosted configuration',
  ending: 'appconfig.json',
  textOf: (routing) => `${canonical(appConfigOf(routing))}\n`,
}
