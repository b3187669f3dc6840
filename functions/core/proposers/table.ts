/** Every proposer of this program that asks no model, by its name. */
import type { ProposerName } from '#schemas/proposers.ts'
import { blocks } from './blocks.ts'
import { corrections } from './corrections.ts'
import { neighbours } from './neighbours.ts'
import type { PureProposer } from './proposer.ts'
import { sentences } from './sentences.ts'

export const PROPOSER_OF: Readonly<Record<ProposerName, PureProposer>> = { corrections, blocks, neighbours, sentences }
