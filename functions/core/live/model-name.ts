/** What a model, and the place where it is asked, are called for people. */
import type { PinnedModel } from '#schemas/model.ts'

/** Name of a model, also in price tables: of an ARN what stands behind its last slash. */
export const modelName = (model: PinnedModel): string =>
  model.provider === 'openai' ? model.model : model.model_arn.slice(model.model_arn.lastIndexOf('/') + 1)

/** Where it is asked. */
export const modelPlace = (model: PinnedModel): string =>
  model.provider === 'openai' ? model.base_url : 'Amazon Bedrock'

/** Host of that place. */
export const hostOf = ({ model }: { readonly model: PinnedModel }): string =>
  model.provider === 'openai' ? new URL(model.base_url).host : 'Amazon Bedrock'
