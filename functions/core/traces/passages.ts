/** Passages as retrievers return them, in the spellings of the frameworks. */
import type { Passage } from './span.ts'
import { field, fieldsIn, firstFields, isFields, numberOf, opened, textOf } from './values.ts'

const ORIGIN = ['source', 'file_name', 'filename', 'file_path', 'url', 'uri', 'doc_uri', 'title']

/** A list of documents in its order, which is their rank: a score may be a distance. JSON text is opened; anything else holds none. */
export function passagesOf(value: unknown): Passage[] {
  const at = opened(value)
  const inner = isFields(at)
    ? opened(field(at, 'documents', 'results', 'matches', 'nodes', 'retrievedReferences', 'retrievalResults'))
    : at
  return Array.isArray(inner) ? inner.flatMap((item) => passageOf(opened(item))) : []
}

function passageOf(item: unknown): Passage[] {
  if (typeof item === 'string') return [{ id: null, text: item, score: null, source: null }]
  if (!isFields(item)) return []
  const doc = firstFields(item, 'document', 'node', 'kwargs') ?? item
  const meta = { ...fieldsIn(doc.metadata), ...fieldsIn(doc.extra_info) }
  const content = field(doc, 'content', 'text', 'page_content', 'pageContent', 'document', 'body')
  const id =
    field(doc, 'id', 'document_id', 'doc_id', 'id_', 'chunk_id') ??
    field(meta, 'x-amz-bedrock-kb-chunk-id', 'chunk_id', 'id')
  return [
    {
      id: typeof id === 'number' ? String(id) : textOf(id),
      text: textOf(isFields(content) ? field(content, 'text') : content),
      score: numberOf(field(item, 'score', 'relevance_score') ?? field(doc, 'score', 'similarity', 'distance')),
      source: textOf(field(meta, ...ORIGIN, 'x-amz-bedrock-kb-source-uri') ?? field(doc, 'source')),
    },
  ]
}
