/** `autotune sign`: an owner's word under a document that says which model a live run asks; the file is reviewed like any change. */
import { signedBy } from '#core/live/live-model.ts'
import { hostOf, modelName } from '#core/live/model-name.ts'
import { LiveModel } from '#schemas/live-model.ts'
import { readInput } from '../embedded/read-input.ts'
import { parseAs, parseJson } from '../steps/experience/parse.ts'
import { signing } from './hand.ts'
import { writeSigned } from './new-file.ts'
import { print } from './terminal.ts'

/** Puts the signature into the file, in the place of an earlier one. Throws UserError for what can be none, with nothing written. */
export async function sign(
  file: string,
  { json, by }: { readonly json: boolean; readonly by?: string },
): Promise<number> {
  const document = readLiveModel(readInput(file), file)
  const { owner, on } = signing(by)
  await writeSigned(file, signedBy(document, owner, on))
  const says = `${modelName(document.model)} at ${hostOf(document)}, ${document.budget.calls} calls a run at most`
  print(json, { file, owner, on, signed: says }, () => [
    `signed   ${says} by ${owner} on ${on}`,
    `next     ${file} is changed: have it reviewed like any change; "autotune run --replayer module:PATH --live ${file}" goes by it`,
  ])
  return 0
}

/** The document of a text. Throws UserError with file, field and what to do. */
export const readLiveModel = (text: string, file: string): LiveModel => parseAs(LiveModel, parseJson(text, file), file)
