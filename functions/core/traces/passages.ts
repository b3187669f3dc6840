/** Passages as retrievers return them, in the spellings of the frameworks. */
import type { Passage } from './span.ts'
import { type Fields, field, fieldAmong, fieldsIn, isFields, numberOf, opened, textOf } from './values.ts'

const META_IDS = ['x-amz-bedrock-kb-chunk-id', 'chunk_id', 'id']
const ORIGIN = [
  'source',
  'file_name',
  'filename',
  'file_path',
  'url',
  'uri',
  'doc_uri',
  'title',
  'x-amz-bedrock-kb-source-uri',
]

/** A list of documents in its order, which is their rank: a score may be a distance. JSON text is opened; anything else holds none. */
export function passagesOf(value: unknown): Passage[] {
  const at = opened(value)
  const inner = isFields(at)
    ? opened(field(at, 'documents', 'results', 'matches', 'nodes', 'retrievedReferences', 'retrievalResults'))
    : at
  const passages: Passage[] = []
  for (const item of Array.isArray(inner) ? inner : []) {
    const passage = passageOf(opened(item))
    if (passage) passages.push(passage)
  }
  return passages
}

function passageOf(item: unknown): Passage | null {
  if (typeof item === 'string') return { id: null, text: item, score: null, source: null }
  if (!isFields(item)) return null
  const doc = [item.document, item.node, item.kwargs].find(isFields) ?? item
  const isBare = doc.metadata === undefined && doc.extra_info === undefined
  const meta: Fields = isBare ? {} : { ...fieldsIn(doc.metadata), ...fieldsIn(doc.extra_info) }
  const content = doc.content ?? doc.text ?? doc.page_content ?? doc.pageContent ?? doc.document ?? doc.body
  const id = doc.id ?? doc.document_id ?? doc.doc_id ?? doc.id_ ?? doc.chunk_id ?? fieldAmong(meta, META_IDS)
  return {
    id: typeof id === 'number' ? String(id) : textOf(id),
    text: textOf(isFields(content) ? content.text : content),
    score: numberOf(item.score ?? item.relevance_score ?? doc.score ?? doc.similarity ?? doc.distance),
    source: textOf(fieldAmong(meta, ORIGIN) ?? field(doc, 'source')),
  }
}
