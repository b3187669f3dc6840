/** The one document that a deployment asks a model by. */
import { digestOf } from '#core/canonical.ts'
import { pinOf } from '#core/live/live-model.ts'
import type { LiveModel, LivePin } from '#schemas/live-model.ts'
import { UserError } from '../errors.ts'

/** The document of this deployment. Throws UserError where a run pinned another one: model, endpoint and draws are its owner's word. */
export function needDocument(document: LiveModel | null, pin: LivePin): LiveModel {
  if (document === null)
    throw new UserError(
      'this deployment asks no model live: deploy it with -c live=FILE, the document that its owner signed',
    )
  const own = pinOf(document)
  if ('problem' in own || digestOf(own) !== digestOf(pin))
    throw new UserError(
      `the document of this deployment is not the one that the run names (${'problem' in own ? own.problem : `signed by ${own.owner} on ${own.on}`}): deploy it anew with -c live=FILE, from the same file`,
    )
  return document
}
